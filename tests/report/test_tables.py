from stages.report.tables import markdown_table, percentage


def test_a_table_has_its_first_column_to_the_left_and_others_to_the_right():
    assert markdown_table(['a', 'b', 'c'], [['1', '2', '3']], left=['c']) == (
        '| a | b | c |\n| --- | --: | --- |\n| 1 | 2 | 3 |\n'
    )


def test_what_would_break_a_table_is_escaped():
    assert markdown_table(['a'], [['x|y\nz']]) == '| a |\n| --- |\n| x\\|y z |\n'


def test_a_percentage_has_all_its_digits():
    assert [percentage(share) for share in (0.95, 0.999, 0.9999, 0.5, 1.0)] == ['95%', '99.9%', '99.99%', '50%', '100%']
