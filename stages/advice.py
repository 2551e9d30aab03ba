"""What to do about a training that the network refuses, in terms of params.yaml."""

from stages.network.errors import DecayError, DivergenceError, GramSizeError, LabelError, PixelError, SizeError

TRAINING_ADVICE = {
    SizeError: 'train.hidden: {}; use fewer units, or a smaller preprocess.size',
    GramSizeError: 'train.solver: {}; use direct, or auto',
    DivergenceError: 'train.learning_rate: {}; use a lower rate',
    DecayError: 'train.weight_decay: {}; use a lower one',
    LabelError: '{} (0 is female, 1 male); give more photos',
    PixelError: '{}; run `dvc repro --force preprocess` to make the faces anew',
}
