"""What tests have found and what is not mended yet: each line goes with its mending, since a passing test then fails.

Each entry is a regular expression for the name of a test with its parameters, and what is wrong.
"""

from __future__ import annotations

TWO_OLD = "two old keys of one setting in one source are not compared with each other"
DEEP = "a source of files does not say that it merges deeply where its files have no section in common"
GONE_TEXT = "the JSON text of a section that is gone is read by nobody"
DOTENV_EXTRA = "what is suggested for a `.env` file has no prefix, so that nothing is near enough"
CONFIG_ONLY = "rules that are given to the constructor are only known to the sources"

KNOWN: tuple[tuple[str, str], ...] = (
    # --- the command line
    (r"test_what_is_given_to_the_constructor\[given[012]-", CONFIG_ONLY),
    # --- precedence and conflicts
    (r"test_two_links_of_a_chain_in_one_source_that_differ_are_told", TWO_OLD),
    (r"test_two_old_names_of_one_setting_in_one_source", TWO_OLD),
    (r"test_the_second_link_of_a_chain_is_removed", "the middle key of a chain is left where its window is over"),
    # --- places
    (r"test_a_key_that_nobody_knows\[tll-.*-dotenv\]", DOTENV_EXTRA),
    (r"test_the_suggestion_is_spelled_as_the_source_wants_it\[dotenv\]", DOTENV_EXTRA),
    (r"test_a_list_of_today_that_is_no_json_is_told_with_its_place", "its source is known by its class only"),
    (r"test_what_is_missing_is_told_with_the_prefix_given_to_the_constructor", CONFIG_ONLY),
    # --- what is not found
    (r"test_the_json_text_of_a_section_that_is_gone", GONE_TEXT),
    (r"test_every_kind_in_every_kind_of_source\[moved-out-of-a-section-that-is-gone-secrets\]", GONE_TEXT),
    # --- files with versions
    (r"test_several_files_of_different_versions\[whole-True-(True|False)-deep-", DEEP),
    (r"test_a_section_renamed_between_two_files\[deep-", DEEP),
    (r"test_a_section_whose_name_has_a_dot", "a section of several YAML files is always split at its dots"),
    # --- classes and declarations
    (r"test_two_bases_with_histories", "of two bases with histories only the first one counts"),
)
