"""Weights from a Hub on loopback: what is fetched, what is asked for, what stays."""

import json
from pathlib import Path

import pytest
from hub_server import READ, HubServer, git_sha1, is_lfs, sha256
from huggingface_hub import HfApi, cached_assets_path, get_hf_file_metadata, hf_hub_url
from tiny_weights import contents, record, write_tiny

from colorizer_cli.errors import HubError, UsageError, WeightsError
from colorizer_cli.weights import hub_cache, registry
from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS
from colorizer_cli.weights.hub_pull import WEIGHTS, obtain, pull
from colorizer_cli.weights.hub_reference import HubReference
from colorizer_cli.weights.hub_settings import weights_home
from colorizer_cli.weights.listing import describe_all
from colorizer_cli.weights.registry import Entry, KnownFile, find_weights

REPO = "museum/tiny"
MAIN = HubReference(REPO)


@pytest.mark.parametrize(
    ("text", "repo", "revision"),
    [
        ("hf:museum/tiny", "museum/tiny", "main"),
        ("hf:a/B_c.d-e@v1.0", "a/B_c.d-e", "v1.0"),
        ("hf:a/b@refs/pr/1", "a/b", "refs/pr/1"),
        ("hf:a/b@" + "0" * 40, "a/b", "0" * 40),
    ],
)
def test_references(text: str, repo: str, revision: str):
    reference = HubReference.parse(text)
    assert (reference.repo, reference.revision) == (repo, revision)
    assert str(reference) == text
    assert reference.pinned == (len(revision) == 40)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "hf:",
            "hf:a",
            "hf:a/b/c",
            "hf:../b",
            "hf:a/..",
            "hf:/etc/passwd",
            "hf:a--b/c",
            "hf:a/b.git",
            "hf:ä/b",
            "a/b",
        ),
        *("hf:a/b@", "hf:a/b@../x", "hf:a/b@x/../y", "hf:a/b@-x", "hf:a/b@/x", "hf:a/b@x/", "hf:a/b c", "hf:a/b@x\n"),
    ],
)
def test_what_is_no_reference(text: str):
    with pytest.raises(UsageError, match=r"expected hf:OWNER/REPO"):
        HubReference.parse(text)


def test_a_pull_is_verified_recorded_and_found_again_without_a_request(hub: HubServer, tiny: Path):
    commit = hub.add(REPO, contents(tiny) | {"contact-sheet.jpg": b"x", "pytorch_model.bin": b"y"})
    seen: list[tuple[str, int, int]] = []
    pulled = pull(MAIN, on_progress=lambda *progress: seen.append(progress))
    assert contents(pulled.path) == contents(tiny)
    assert seen[-1][1:] == (pulled.size, pulled.size)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)

    written = json.loads((pulled.path.parent / f"{commit}.json").read_text())
    assert (written["repo"], written["commit"]) == (REPO, commit)
    for name, data in contents(tiny).items():
        vouched = "lfs" if is_lfs(name, data) else "git"
        assert written["files"][name] == {"size": len(data), "sha256": sha256(data), "vouched": vouched}

    hub.requests.clear()
    for name in (f"hf:{REPO}", f"hf:{REPO}@{commit}"):
        assert find_weights(name).path == pulled.path
    assert pull(MAIN.at(commit)) == pulled
    assert hub.requests == []


def test_where_pulled_weights_lie(hub: HubServer, tmp_path: Path):
    given = cached_assets_path("colorizer-cli", "weights", "museum--tiny", assets_dir=tmp_path / "hf" / "assets")
    assert hub_cache.repo_folder(REPO) == given


def test_nothing_is_asked_in_offline_mode(hub: HubServer, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    commit = hub.add(REPO, contents(tiny))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE forbids"):
        pull(MAIN)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    pull(MAIN)
    hub.requests.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert pull(MAIN).reference == MAIN.at(commit)
    assert find_weights(f"hf:{REPO}").config.name == "tiny"
    assert hub.requests == []


def test_a_branch_moves_only_when_it_is_pulled(hub: HubServer, tiny: Path, tmp_path: Path):
    first = hub.add(REPO, contents(tiny))
    pull(MAIN)
    second = hub.add(REPO, contents(write_tiny(tmp_path / "other", seed=1)))
    assert obtain(MAIN).reference == MAIN.at(first)
    assert pull(MAIN).reference == MAIN.at(second)
    assert obtain(MAIN).reference == MAIN.at(second)
    assert obtain(MAIN.at(first)).record.commit == first
    names = {line["name"]: line["where"] for line in describe_all()}
    assert names[f"hf:{REPO}@{first}"] == "pulled"
    assert names[f"hf:{REPO}@{second}"] == "pulled, main"


def test_what_was_changed_since_is_pulled_again(hub: HubServer, tiny: Path):
    commit = hub.add(REPO, contents(tiny))
    pulled = pull(MAIN)
    (pulled.path / CONFIG).write_text("{}")
    assert contents(obtain(MAIN.at(commit)).path) == contents(tiny)
    network = bytearray((pulled.path / ONNX).read_bytes())
    network[-5] ^= 1
    (pulled.path / ONNX).write_bytes(network)
    assert pulled.problems()[0].startswith(f"{ONNX}: sha256 is")
    assert contents(pull(MAIN.at(commit)).path) == contents(tiny)


def test_a_damaged_file_is_no_reason_to_move_a_branch(hub: HubServer, tiny: Path, tmp_path: Path):
    first = hub.add(REPO, contents(tiny))
    pulled = pull(MAIN)
    hub.add(REPO, contents(write_tiny(tmp_path / "other", seed=1)))
    (pulled.path / ONNX).write_bytes(b"cut off")
    assert obtain(MAIN).reference == MAIN.at(first)
    assert contents(pulled.path) == contents(tiny)


def test_removing(hub: HubServer, tiny: Path, tmp_path: Path):
    first = hub.add(REPO, contents(tiny))
    pull(MAIN)
    hub.add(REPO, contents(write_tiny(tmp_path / "other", seed=1)))
    pull(MAIN)
    assert [each.record.commit for each in hub_cache.remove(MAIN.at(first), True)] == [first]
    assert hub_cache.find(MAIN.at(first), WEIGHTS.needed) is None
    assert len(hub_cache.remove(MAIN, False)) == 1
    assert list(weights_home().iterdir()) == []
    assert hub_cache.remove(MAIN, False) == []


def test_a_mirror_that_lists_names_alone_is_asked_for_each_file(hub: HubServer, tiny: Path):
    hub.add(REPO, contents(tiny))
    hub.metadata = False
    assert contents(pull(MAIN).path) == contents(tiny)
    assert len(hub.paths("HEAD")) == 4


def test_the_token_is_sent_to_the_hub_alone(hub: HubServer, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    hub.add(REPO, contents(tiny), private=True)
    with pytest.raises(HubError, match=r"no such repository(.|\n)*set HF_TOKEN"):
        pull(MAIN)
    monkeypatch.setenv("HF_TOKEN", READ)
    hub.requests.clear()
    pull(MAIN)
    assert {request.cdn for request in hub.requests} == {True, False}
    for request in hub.requests:
        assert (request.headers.get("authorization") == f"Bearer {READ}") == (not request.cdn)
    assert READ not in "".join(file.read_text() for file in weights_home().rglob("*.json"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"pytorch_model.bin": b"\x80\x02"}, r"pytorch_model\.bin is refused: such files can run code"),
        ({SAFETENSORS: b"\x80\x02" + b"x" * 30_000}, "pickle under another name"),
        ({SAFETENSORS: b"PK\x03\x04" + b"x" * 30_000}, "pickle under another name"),
        ({SAFETENSORS: b"x" * 30_000}, "no safetensors file"),
        ({ONNX: b"x" * 30_000}, "contradicts itself: model.onnx: sha256"),
        ({CONFIG: b"{}"}, "'format' is None"),
        ({CONFIG: b" " * 1_000_001}, "config.json has 1000001 bytes; expected at most"),
        ({CONFIG: b'{"model_type": "bert"}'}, "hf:museum/tiny"),
    ],
)
def test_weights_that_are_not_to_be_trusted(hub: HubServer, tiny: Path, files: dict[str, bytes], message: str):
    whole = contents(tiny) if set(files) <= set(contents(tiny)) else {}
    hub.add(REPO, whole | files)
    with pytest.raises(WeightsError, match=message) as refusal:
        pull(MAIN)
    assert ".part" not in str(refusal.value)
    assert not list(weights_home().rglob("*.json"))
    assert not list(weights_home().rglob("model.*"))


def test_a_model_that_reaches_for_other_files_is_refused_before_it_is_kept(hub: HubServer, tiny: Path):
    import onnx

    model = onnx.load(tiny / ONNX)
    onnx.external_data_helper.set_external_data(model.graph.initializer[1], "../../../etc/passwd")
    (tiny / ONNX).write_bytes(model.SerializeToString())
    hub.add(REPO, contents(record(tiny)))
    with pytest.raises(WeightsError, match=r"other files.*etc/passwd"):
        pull(MAIN)
    assert not list(weights_home().rglob("model.*"))


def test_the_registrys_hash_outranks_the_hubs(hub: HubServer, tiny: Path, monkeypatch: pytest.MonkeyPatch):
    commit = hub.add(REPO, contents(tiny))
    known = {"a": KnownFile(ONNX, sha256=sha256(contents(tiny)[ONNX])), "b": KnownFile(ONNX, sha256="0" * 64)}
    entries = {name: Entry("x", "backbone", "x", REPO, commit, (file,)) for name, file in known.items()}
    monkeypatch.setattr(registry, "REGISTRY", (entries["b"],))
    with pytest.raises(HubError, match=rf"came damaged, twice: its sha256 is .*, expected {'0' * 64}"):
        pull(MAIN)
    monkeypatch.setattr(registry, "REGISTRY", (entries["a"],))
    assert pull(MAIN).record.files[ONNX].vouched == "registry"


def test_large_files_of_a_foreign_config_are_not_fetched(hub: HubServer, tiny: Path):
    hub.add(REPO, contents(tiny) | {CONFIG: b"{}"})
    with pytest.raises(WeightsError, match=r"hf:museum/tiny@[0-9a-f]{40}/config.json: 'format'"):
        pull(MAIN)
    assert not [request for request in hub.requests if request.cdn]


def test_junk_in_the_cache_is_passed_over(hub: HubServer, tiny: Path):
    commit = hub.add(REPO, contents(tiny))
    folder = pull(MAIN).path.parent
    (folder / "refs" / "v1").write_bytes(b"\xff")
    (folder / "notes.json").write_text("{")
    (folder / f"{'0' * 40}.json").write_text("[]")
    assert [line["name"] for line in describe_all() if "pulled" in line["where"][:6]] == [f"hf:{REPO}@{commit}"]
    (folder / f"{commit}.json").write_text("{")
    assert hub_cache.find(MAIN, WEIGHTS.needed) is None
    assert pull(MAIN).record.commit == commit


def test_a_card_is_not_needed(hub: HubServer, tiny: Path):
    (tiny / CARD).unlink()
    hub.add(REPO, contents(tiny))
    assert set(pull(MAIN).record.files) == {CONFIG, SAFETENSORS, ONNX}


def test_the_server_speaks_as_the_hub_does(hub: HubServer, tiny: Path):
    """By the words of its own client."""
    commit = hub.add(REPO, contents(tiny))
    api = HfApi(endpoint=hub.endpoint)
    tree = {file.path: file for file in api.list_repo_tree(REPO, revision=commit)}
    assert {name: file.size for name, file in tree.items()} == {n: len(d) for n, d in contents(tiny).items()}
    assert tree[CONFIG].blob_id == git_sha1(contents(tiny)[CONFIG])
    assert tree[ONNX].lfs is not None
    assert tree[ONNX].lfs.sha256 == sha256(contents(tiny)[ONNX])
    head = get_hf_file_metadata(hf_hub_url(REPO, ONNX, endpoint=hub.endpoint))
    assert (head.commit_hash, head.etag, head.size) == (commit, sha256(contents(tiny)[ONNX]), len(contents(tiny)[ONNX]))
