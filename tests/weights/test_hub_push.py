"""Publishing to a Hub on loopback, and what it makes of the card."""

from pathlib import Path

import pytest
import yaml
from hub_server import READ, WRITE, HubServer
from tiny_weights import contents, record

from colorizer_cli.errors import HubError, UsageError, WeightsError
from colorizer_cli.weights import hub_push
from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS, WeightsFolder
from colorizer_cli.weights.hub_card import complete_card, front_matter
from colorizer_cli.weights.hub_pull import pull
from colorizer_cli.weights.hub_push import plan_push, push
from colorizer_cli.weights.registry import find_weights

REPO = "museum/mine"


@pytest.fixture
def token(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_TOKEN", WRITE)
    return WRITE


def test_what_is_published_can_be_pulled(hub: HubServer, token: str, tiny: Path):
    (tiny / "contact-sheet.jpg").write_bytes(b"somebody's family")
    before = contents(tiny)
    plan = plan_push(WeightsFolder.open(tiny), REPO)
    assert plan.left_out == ["contact-sheet.jpg"]
    reference = push(plan, "first")
    assert hub.repos[REPO].private
    assert contents(tiny) == before
    published = hub.repos[REPO].commits[reference.revision]
    assert set(published) == {CONFIG, SAFETENSORS, ONNX, CARD}
    pulled = pull(reference)
    for name in (CONFIG, SAFETENSORS, ONNX):
        assert (pulled.path / name).read_bytes() == before[name]
    assert push(plan, "again").repo == REPO  # a repository that is there already


def test_the_card_says_what_the_hub_understands(tiny: Path):
    """As the real Hub's own client reads it back."""
    from huggingface_hub import ModelCard

    text = complete_card(WeightsFolder.open(tiny))
    data = ModelCard(text).data
    assert (data.license, data.library_name, data.pipeline_tag) == ("cc-by-4.0", "colorizer-cli", "image-to-image")
    assert data.tags == ["image-colorization", "old-photos"]
    assert data.base_model == ["timm/tf_efficientnet_lite0.in1k"]
    (result,) = data.eval_results
    assert (result.dataset_type, result.metric_type, result.metric_value) == ("archive", "ab_mse", 101.5)
    assert text.endswith("# tiny\n\nFor tests.\n")
    metadata = yaml.safe_load(front_matter(text))
    assert metadata["model-index"][0]["name"] == "tiny"


def test_the_embedded_weights_could_be_published(hub: HubServer, token: str):
    plan = plan_push(find_weights(), "museum/hybrid-lite", public=True)
    metadata = yaml.safe_load(front_matter(plan.card))
    assert metadata["license"] == "other"
    assert metadata["license_link"] == "./README.md"
    assert metadata["base_model"] == "timm/tf_efficientnet_lite0.in1k"
    results = metadata["model-index"][0]["results"]
    assert [result["dataset"]["type"] for result in results] == ["places", "mixed"]
    for result in results:
        assert [metric["type"] for metric in result["metrics"]] == ["ab_mse", "ab_mse_hints", "ab_mse_palette"]
    push(plan, "weights")
    assert not hub.repos["museum/hybrid-lite"].private


def test_a_folder_without_a_card_gets_one(tiny: Path):
    (tiny / CARD).unlink()
    record(tiny, licence="something of our own")
    metadata = yaml.safe_load(front_matter(complete_card(WeightsFolder.open(tiny))))
    assert (metadata["license"], metadata["license_name"]) == ("other", "see-model-card")
    metadata = yaml.safe_load(front_matter(complete_card(WeightsFolder.open(tiny), "mit")))
    assert metadata["license"] == "mit"
    assert "license_name" not in metadata


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("---\nlicense: [\n---\n", "front matter"),
        ("---\n- a\n- b\n---\n", "front matter"),
        ("---\n!!python/object/apply:os.system ['true']\n---\n", "front matter"),
    ],
)
def test_a_card_that_cannot_be_read(tiny: Path, card: str, message: str):
    (tiny / CARD).write_text(card)
    with pytest.raises(WeightsError, match=message):
        complete_card(WeightsFolder.open(tiny))


def test_a_dry_run_makes_no_request(hub: HubServer, tiny: Path):
    plan = plan_push(WeightsFolder.open(tiny), REPO)
    assert {name: file.size for name, file in plan.files.items() if name != CARD} == {
        name: len(data) for name, data in contents(tiny).items() if name != CARD
    }
    assert hub.requests == []


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (None, "needs a token of yours"),
        ("hf_wrong", r"refuses the token \(401\)"),
        (READ, r"gives no right .* \(403\)"),
    ],
)
def test_who_may_publish(hub: HubServer, tiny: Path, monkeypatch: pytest.MonkeyPatch, token: str | None, message: str):
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(HubError, match=message) as refusal:
        push(plan_push(WeightsFolder.open(tiny), REPO), "first")
    assert token is None or token not in str(refusal.value)
    assert hub.repos == {}


def test_private_weights_do_not_go_to_a_public_repository(hub: HubServer, token: str, tiny: Path):
    hub.add(REPO, {CARD: b"# public"})
    with pytest.raises(HubError, match=r"is public already: add --public"):
        push(plan_push(WeightsFolder.open(tiny), REPO), "first")
    assert not [request for request in hub.requests if request.method == "PUT"]
    push(plan_push(WeightsFolder.open(tiny), REPO, public=True), "first")


def test_public_weights_are_not_hidden_in_a_private_repository(hub: HubServer, token: str, tiny: Path):
    push(plan_push(WeightsFolder.open(tiny), REPO), "first")
    with pytest.raises(HubError, match=r"is private already, and stays so"):
        push(plan_push(WeightsFolder.open(tiny), REPO, public=True), "second")


def test_a_card_that_the_hub_refuses(hub: HubServer, token: str, tiny: Path):
    with pytest.raises(HubError, match=r"refuses the model card: .*license"):
        push(plan_push(WeightsFolder.open(tiny), REPO, licence="nonsense"), "first")


def test_weights_that_are_damaged_are_not_published(tiny: Path):
    (tiny / ONNX).write_bytes(b"x" * 100)
    with pytest.raises(WeightsError, match="damaged, and is not published"):
        plan_push(WeightsFolder.open(tiny), REPO)


@pytest.mark.parametrize(("repo", "licence"), [("mine", None), ("a/b/c", None), (REPO, "My Licence")])
def test_what_cannot_be_meant(tiny: Path, repo: str, licence: str | None):
    with pytest.raises(UsageError, match="expected"):
        plan_push(WeightsFolder.open(tiny), repo, licence=licence)


def test_an_upload_goes_on_after_503(hub: HubServer, token: str, tiny: Path):
    plan = plan_push(WeightsFolder.open(tiny), REPO)
    push(plan, "first")
    hub.faults.unavailable = 1
    hub.repos.clear()
    with pytest.raises(HubError, match=r"failed \(HTTP 503\)"):  # the very first call is not repeated by the client
        push(plan, "again")
    assert REPO not in hub.repos
    push(plan, "again")


def test_offline(hub: HubServer, token: str, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE"):
        push(plan_push(WeightsFolder.open(tiny), REPO), "first")
    assert hub.requests == []


def test_a_silent_server(hub: HubServer, token: str, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_push, "ANSWER_SECONDS", 0.5)
    hub.faults.silent = True
    with pytest.raises(HubError, match=r"stopped answering \(ReadTimeout\)"):
        push(plan_push(WeightsFolder.open(tiny), REPO), "first")
