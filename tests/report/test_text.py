import pytest

from stages.report.page import change, markdown_table, number_or_blank, percentage, points, too_few, with_range


def test_first_column_of_a_table_is_left_aligned_and_others_right_aligned():
    assert markdown_table(['a', 'b', 'c'], [['1', '2', '3']], left=['c']) == (
        '| a | b | c |\n| --- | --: | --- |\n| 1 | 2 | 3 |\n'
    )


def test_special_characters_in_a_table_are_escaped():
    assert markdown_table(['a'], [['x|y\nz']]) == '| a |\n| --- |\n| x\\|y z |\n'


def test_a_percentage_has_all_its_digits():
    assert [percentage(share) for share in (0.95, 0.999, 0.9999, 0.5, 1.0)] == ['95%', '99.9%', '99.99%', '50%', '100%']


def test_numbers_have_their_range_their_sign_and_no_negative_zero():
    assert with_range(0.5, 0.25, 1, '.2f') == '0.50 (0.25 to 1.00)'
    assert with_range(0.5, 0.25, 1, '.0f', 100) == '50 (25 to 100)'
    assert change(-0.0001, -0.02, 0.013) == '+0.0 (-2.0 to +1.3)'


def test_one_point_is_singular_and_an_unknown_number_is_blank():
    assert [points(share) for share in (0.01, 0.02, 0.025)] == ['1 point', '2 points', '2.5 points']
    assert (number_or_blank(0.123, '.1%'), number_or_blank(None, '.1%')) == ('12.3%', '')


@pytest.mark.parametrize(
    ('needed', 'words'), [(7.2, '8'), (42.0, '42'), (99.5, '100'), (301, '310'), (1000.5, '1,100')]
)
def test_needed_faces_are_rounded_up_to_two_digits(needed, words):
    assert too_few(0.01, needed) == f'too few faces for a margin of 1 point: about {words} are needed'
