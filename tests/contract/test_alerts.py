"""deploy/prometheus: Prometheus' own tool accepts it and runs its unit tests, and every alert has a test and a runbook."""

import re
import shutil
import subprocess

import pytest
import yaml
from support import metrics_table
from support.prometheus import DEPLOYED, ROOT, promtool

CONFIGURATIONS = ("prometheus.yml", "compose.yml", "compose-secure.yml")
RUNBOOK = ROOT / "docs" / "alerts.md"


def rules():
    groups = yaml.safe_load((DEPLOYED / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def jobs(name):
    return {job["job_name"]: job for job in yaml.safe_load((DEPLOYED / name).read_text())["scrape_configs"]}


def cases():
    for test in yaml.safe_load((DEPLOYED / "rules_test.yml").read_text())["tests"]:
        yield from test["alert_rule_test"]


RULES = [pytest.param(rule, id=rule["alert"]) for rule in rules()]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_promtool_accepts_the_configuration(name):
    # The file with the password exists in the container only.
    done = promtool("check", "config", *(["--syntax-only"] if name.startswith("compose") else []), DEPLOYED / name)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout


def test_promtool_has_nothing_to_say_about_the_rules():
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", DEPLOYED / "rules.yml")
    assert done.returncode == 0 and f"{len(rules())} rules found" in done.stdout, done.stdout


def test_the_unit_tests_of_the_rules_pass():
    done = promtool("test", "rules", DEPLOYED / "rules_test.yml")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("rule", RULES)
def test_the_unit_tests_notice_when_an_alert_never_fires_or_always(rule, tmp_path):
    shutil.copytree(DEPLOYED, tmp_path / "changed")
    file = tmp_path / "changed" / "rules.yml"
    text = file.read_text()
    for expression in ("vector(1) == 0", "vector(1)"):
        changed = yaml.safe_load(text)
        [other] = [item for group in changed["groups"] for item in group["rules"] if item["alert"] == rule["alert"]]
        other["expr"] = expression
        file.write_text(yaml.safe_dump(changed))
        done = promtool("test", "rules", file.parent / "rules_test.yml")
        assert done.returncode != 0 and rule["alert"] in done.stdout, expression


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(rule):
    expected = [bool(case.get("exp_alerts")) for case in cases() if case["alertname"] == rule["alert"]]
    assert set(expected) == {True, False}


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_says_how_bad_it_is_and_where_its_runbook_is(rule):
    assert rule["alert"].startswith("Tidegate") and rule["labels"]["severity"] in ("critical", "warning")
    page, _, section = rule["annotations"]["runbook"].partition("#")
    assert ROOT / page == RUNBOOK and section == rule["alert"].lower()
    assert rule["annotations"]["summary"] and rule["annotations"]["description"].endswith(".")


def test_the_runbook_has_a_section_for_each_alert_and_no_other():
    text = RUNBOOK.read_text()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.M | re.S))
    assert list(sections) == [rule["alert"] for rule in rules()], "in the order of the rules"
    for name, section in sections.items():
        assert "**Meaning.**" in section and "**Do.**" in section, name


def test_the_rules_use_metrics_that_exist():
    known = {row.name for row in metrics_table.rows()}
    for rule in rules():
        names = re.findall(r"\b(?:tidegate|paths|rtmp_conns|rtsp_sessions|hls|recorders)\w*(?=[{\[ )])", rule["expr"])
        assert [name for name in names if name not in known] == [], rule["alert"]
        assert names or re.search(r"\b(up\{|node_filesystem)", rule["expr"]), rule["alert"]


def test_both_configurations_scrape_the_same_programs_with_the_same_rules():
    one, other = (yaml.safe_load((DEPLOYED / name).read_text()) for name in CONFIGURATIONS[:2])
    assert one["global"] == other["global"] and one["rule_files"] == other["rule_files"] == ["rules.yml"]
    assert list(jobs("prometheus.yml")) == list(jobs("compose.yml"))
    programs = {name.removesuffix("-dub") for name in metrics_table.SECTIONS.values()}  # a worker that dubs is a stream-worker
    assert programs <= set(jobs("prometheus.yml"))


def test_no_password_stands_in_a_configuration():
    for name in CONFIGURATIONS:
        assert not re.search(r"password:|bearer_token:|credentials:", (DEPLOYED / name).read_text())


def test_the_scripts_that_unpack_prometheus_change_nothing_when_it_is_there():
    if not (ROOT / "build" / "tools" / "usr" / "bin" / "prometheus").exists():
        pytest.skip("Prometheus was not unpacked here")
    done = subprocess.run([ROOT / "tools" / "unpack.sh"], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
