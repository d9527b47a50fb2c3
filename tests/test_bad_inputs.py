"""Every row of bad data (D), training (T) and the dashboard (S) has a test that holds it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

DATA = {
    "D01 missing or empty folder": "folder:no_class_folders_shows_the_layout",
    "D02 one class": "open:too_few_images",
    "D03 empty class": "folder:one_class_and_an_empty_class",
    "D04 class of one image": "open:too_few_images",
    "D05 fewer images than parts": "folds:d05_fewer_images_than_classes_times_folds",
    "D06 truncated": "decode:truncated_file_is_bad",
    "D08 no image inside": "decode:bad_image_names_rule_and_reason",
    "D09 other files": "folder:what_is_passed_over_is_counted",
    "D10 wrong suffix": "decode:wrong_suffix_and_slender_images_are_remarked",
    "D11 refused formats": "decode:bad_image_names_rule_and_reason",
    "D12 deep images": "decode:deep_images_need_the_value_of_white",
    "D13 transparency": "decode:transparency_shows_the_background",
    "D14 CMYK": "decode:cmyk_jpeg_with_and_without_adobe_marker",
    "D15 palettes, one bit, gray": "decode:every_mode_becomes_gray_and_colour",
    "D16 gray among colour": "folder:gray_and_colour_mixed",
    "D17 many frames": "decode:first_frame_of_many",
    "D18 orientation": "decode:exif_orientation_turns_the_image",
    "D19 bombs": "decode:warning_size_is_refused_like_the_bomb",
    "D20 tiny or slender": "decode:wrong_suffix_and_slender_images_are_remarked",
    "D21 different sizes": "folder:default_size_and_channels",
    "D22 links": "folder:what_is_passed_over_is_counted",
    "D23 pipes and devices": "decode:only_regular_files_are_read",
    "D24 unreadable or gone": "folder:a_file_may_vanish_before_it_is_decoded",
    "D25 copies across parts": "open:copies_of_test_images_by_policy",
    "D26 one image, two labels": "open:one_image_under_two_classes_by_policy",
    "D27 tables": "table:faulty_row_is_named_by_line",
    "D28 names": "folder:class_names_are_composed_and_kept_apart",
    "D29 names that differ in case": "folder:class_names_that_differ_in_case",
    "D30 unknown class in a part": "table:class_only_in_test",
    "D31 class missing from a part": "folder:part_folders_with_a_class_missing_from_test",
    "D32 imbalance": "open:constant_and_imbalanced_images_are_noted",
    "D33 constant images": "open:constant_and_imbalanced_images_are_noted",
    "D34 changed between runs": "../search/run:y37_other_data_are_refused",
    "D35 larger than memory": "memory:the_cache_is_made_in_bounded_memory",
    "D36 labels out of range": "arrays:bad_arrays",
}
"""D07, bytes overwritten where they still decode, cannot be noticed."""

TRAINING = {
    "T01 loss not finite": "loop:t01_a_loss_that_is_not_finite_ends_the_training",
    "T02 gradient not finite": "loop:t02_a_gradient_that_is_not_finite_ends_the_training",
    "T03 exploding gradient": "loop:t03_the_norm_of_the_gradient_is_told_where_it_is_clipped",
    "T04 one prediction for all": ("../report/frames:t04_one_prediction_for_all_images_is_told"),
    "T05 out of memory": (
        "../search/executors:t05_too_much_memory_fails_the_trial_and_the_worker_goes_on"
    ),
    "T06 worker killed": "../search/executors:the_death_of_a_worker_disturbs_no_other",
    "T07 batch of one": "loop:t07_t08_few_images_make_one_batch",
    "T08 batch larger than the data": (
        "../search/coordinator:t08_batches_larger_than_the_data_are_told_once"
    ),
    "T09 last batch": "loop:t09_the_training_loss_weighs_batches_by_their_images",
    "T11 not deterministic": "../cli/commands:t11_a_training_that_does_not_repeat_is_told",
    "T12 hang": "loop:t12_a_deadline_ends_in_time_with_an_evaluated_point",
    "T13 undefined metric": ("losses:t13_a_metric_has_a_value_where_all_images_are_of_one_class"),
    "T14 stopped trials are no winners": (
        "../search/history:failed_trials_and_repetitions_are_no_results"
    ),
    "T15 all trials fail": "../search/run:no_result_says_why_and_leaves_the_study_open",
    "T16 the same bug again": "../search/coordinator:one_bug_after_the_other_ends_the_search",
}
"""T10 is of loaders with processes of their own, which there are none of."""

DASHBOARD = {
    "S13 paths to files": "guard:s13_no_path_leads_to_a_file",
    "S14 names with markup": "browser:s14_hostile_names_stay_text",
    "S15 other hosts": "guard:s15_other_hosts_are_refused",
    "S16 pages of others": "guard:s16_pages_of_others_cannot_ask",
    "S17 odd headers": "guard:s17_odd_headers_are_refused",
    "S18 odd options": "guard:s18_odd_options_are_refused",
    "S19 many trials": "pages:s19_many_trials_come_by_pages",
    "S20 store gone": "browser:s20_a_store_that_is_gone_is_told_and_comes_back",
    "S21 ports and tokens": "guard:s21_others_need_a_token_and_ports_must_be_free",
    "S22 many clients": "guard:s22_silent_clients_are_dropped",
}


def place(folder: str, entry: str) -> tuple[Path, str]:
    """The file and the function of `[../folder/]file:test`."""
    file, _, test = entry.partition(":")
    if file.startswith("../"):
        _, folder, file = file.split("/")
    return TESTS / folder / f"test_{folder}_{file}.py", f"test_{test}"


@pytest.mark.parametrize(
    ("folder", "entry"),
    [
        *(pytest.param("data", entry, id=row) for row, entry in DATA.items()),
        *(pytest.param("training", entry, id=row) for row, entry in TRAINING.items()),
        *(pytest.param("dashboard", entry, id=row) for row, entry in DASHBOARD.items()),
    ],
)
def test_the_test_of_the_row_is_there(folder: str, entry: str) -> None:
    file, name = place(folder, entry)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
