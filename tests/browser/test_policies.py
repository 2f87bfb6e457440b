"""The policies of tasks: who has set what, setting a value, and taking it back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browsing import Site


def test_each_value_says_who_has_set_it(site: Site) -> None:
    page = site.open("policies")
    render = page.locator("tbody tr", has_text="render")
    expect(render).to_contain_text("after 30 s, growing by 30 s, up to 10 min, jitter 10 %release")
    for text in ("5 minoperator", "3operator", "5release", "1 doperator", "the new machine is slow"):
        expect(render).to_contain_text(text)
    thumbnail = page.locator("tbody tr", has_text="thumbnail")
    expect(thumbnail).to_contain_text("after 1 s, 1 min, 1 min 30 srelease")
    expect(thumbnail.get_by_role("button")).to_have_text(["Set…"])


def test_a_policy_is_set_and_reset(site: Site) -> None:
    page = site.open("policies")
    site.press("Set a policy…")
    dialog = page.get_by_role("dialog", name="Set a policy")
    dialog.get_by_label("Time-out of a run").fill("soon")
    dialog.get_by_label("Delays of retries").fill("[1]")
    dialog.get_by_role("button", name="Set the policy").click()
    expect(dialog).to_contain_text("This cannot be empty.")
    expect(dialog).to_contain_text("This is no duration: write 30s, 5m, 2h or 1d.")
    expect(dialog).to_contain_text("This is no JSON object.")
    dialog.get_by_label("Task").fill("charge")
    dialog.get_by_label("Time-out of a run").fill("")
    dialog.get_by_label("Delays of retries").fill("")
    dialog.get_by_role("button", name="Set the policy").click()
    expect(dialog.get_by_role("alert")).to_have_text("Fill in at least one value.")
    dialog.get_by_label("Delays of retries").fill('{"kind": "sometimes"}')
    dialog.get_by_role("button", name="Set the policy").click()
    expect(dialog.get_by_role("alert")).to_contain_text("sometimes")
    dialog.get_by_label("Delays of retries").fill('{"kind": "exponential", "base": "2s", "cap": "1h"}')
    dialog.get_by_label("Time-out of a run").fill("1.5m")
    dialog.get_by_label("Expires").fill("2d")
    dialog.get_by_label("Attempts at most").fill("4")
    dialog.get_by_label("Priority").fill("-2")
    dialog.get_by_label("A payload that does not fit").select_option("fail")
    dialog.get_by_label("Reason").fill("slow bank")
    site.confirm("Set the policy")
    site.told("The policy of charge is set.")
    assert site.sql(
        "select extract(epoch from timeout)::int, retry ->> 'base', max_attempts, priority,"
        " extract(epoch from expires_after)::int, bad_payload, reason from gw.list_task_policies('{charge}')"
    ) == [(90, "2s", 4, -2, 2 * 86400, "fail", "slow bank")]
    row = page.locator("tbody tr", has_text="charge")
    expect(row).to_contain_text("after 2 s, times 2, up to 1 hoperator")

    site.press("Set the policy of thumbnail")
    dialog = page.get_by_role("dialog", name="Set the policy of thumbnail")
    dialog.get_by_label("Priority").fill("7")
    site.confirm("Set the policy")
    thumbnail = page.locator("tbody tr", has_text="thumbnail")
    expect(thumbnail).to_contain_text("7operator")
    expect(thumbnail).to_contain_text("failrelease")

    site.press("Reset the policy of thumbnail")
    site.confirm("Reset the policy")
    site.told("The policy of thumbnail is what its workers say.")
    expect(thumbnail).not_to_contain_text("operator")
    site.press("Reset the policy of charge")
    site.confirm("Reset the policy")
    expect(row).to_have_count(0)


def test_without_policies_it_says_what_holds(empty_site: Site) -> None:
    page = empty_site.open("policies")
    expect(page.locator("main .empty")).to_contain_text("No task has a policy")
    expect(page.locator("main .empty")).to_contain_text("25 attempts")


def test_a_page_that_only_reads_shows_them(read_only: Site) -> None:
    page = read_only.open("policies")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
