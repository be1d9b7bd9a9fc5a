"""GPT-2, BERT and Llama against transformers."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import Module

from tests.references.harness import Rule, agree, example, parameters, published

pytestmark = [pytest.mark.torch, pytest.mark.reference]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def tokens(vocabulary: int, *shape: int) -> Tensor:
    return torch.randint(vocabulary, shape, generator=torch.Generator().manual_seed(3))


def logits(module: Module, inputs: Sequence[Tensor]) -> object:
    return module(*inputs).logits


# ---- GPT-2: its Conv1D stores [in, out] ------------------------------------------------

GPT2 = [
    Rule(r"transformer\.(wte|wpe)\.weight", r"\1"),
    Rule(r"transformer\.h\.(\d+)\.ln_([12])\.(\w+)", r"blocks.\1.norm\2.\3"),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_attn\.weight", r"blocks.\1.attn.qkv.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_attn\.bias", r"blocks.\1.attn.qkv.bias"),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_proj\.weight", r"blocks.\1.attn.out.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.attn\.c_proj\.bias", r"blocks.\1.attn.out.bias"),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_fc\.weight", r"blocks.\1.mlp.up.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_fc\.bias", r"blocks.\1.mlp.up.bias"),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_proj\.weight", r"blocks.\1.mlp.down.weight", torch.t),
    Rule(r"transformer\.h\.(\d+)\.mlp\.c_proj\.bias", r"blocks.\1.mlp.down.bias"),
    Rule(r"transformer\.ln_f\.(\w+)", r"norm.\1"),
]


def gpt2(layers: int, d: int, h: int, vocab: int, context: int) -> Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_layer=layers, n_embd=d, n_head=h, vocab_size=vocab, n_positions=context,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def test_gpt2_agrees() -> None:
    sizes = {"layers": 2, "d": 24, "h": 3, "vocab": 97, "context": 32}
    ours = example("gpt2").bind(**sizes).torch()
    agree(ours, gpt2(**sizes), GPT2, [tokens(97, 2, 11)], logits)


@pytest.mark.slow
def test_gpt2_agrees_at_its_own_size() -> None:
    sizes = {"layers": 12, "d": 768, "h": 12, "vocab": 50257, "context": 1024}
    agree(
        example("gpt2").bind().torch(),
        gpt2(**sizes),
        GPT2,
        [tokens(50257, 1, 64)],
        logits,
        ["eval"],
    )


def test_gpt2_has_the_published_number_of_parameters() -> None:
    assert published(example("gpt2")) == 124_439_808


# ---- BERT ---------------------------------------------------------------------------------

BERT = [
    Rule(r"embeddings\.word_embeddings\.weight", "word"),
    Rule(r"embeddings\.position_embeddings\.weight", "position"),
    Rule(r"embeddings\.token_type_embeddings\.weight", "kind"),
    Rule(r"embeddings\.LayerNorm\.(\w+)", r"norm.\1"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.self\.([qkv])\w+\.(\w+)", r"blocks.\1.attn.\2.\3"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.output\.dense\.(\w+)", r"blocks.\1.attn.out.\2"),
    Rule(r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm1.\2"),
    Rule(r"encoder\.layer\.(\d+)\.intermediate\.dense\.(\w+)", r"blocks.\1.mlp.up.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.dense\.(\w+)", r"blocks.\1.mlp.down.\2"),
    Rule(r"encoder\.layer\.(\d+)\.output\.LayerNorm\.(\w+)", r"blocks.\1.norm2.\2"),
    Rule(r"pooler\.dense\.(\w+)", r"pooler.\1"),
]


def bert(layers: int, d: int, h: int, w: int, vocab: int, context: int) -> Module:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, intermediate_size=w,
        vocab_size=vocab, max_position_embeddings=context,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return BertModel(config)


def states(module: Module, inputs: Sequence[Tensor]) -> object:
    words, segments = inputs
    found = module(input_ids=words, token_type_ids=segments)
    return found.last_hidden_state, found.pooler_output


def test_bert_agrees() -> None:
    sizes = {"layers": 2, "d": 24, "h": 3, "w": 40, "vocab": 97, "context": 32}
    inputs = [tokens(97, 2, 11), tokens(2, 2, 11)]
    agree(example("bert").bind(**sizes).torch(), bert(**sizes), BERT, inputs, states)


@pytest.mark.slow
def test_bert_agrees_at_its_own_size() -> None:
    sizes = {"layers": 12, "d": 768, "h": 12, "w": 3072, "vocab": 30522, "context": 512}
    inputs = [tokens(30522, 1, 48), tokens(2, 1, 48)]
    agree(example("bert").bind().torch(), bert(**sizes), BERT, inputs, states, ["eval"])


def test_bert_has_the_published_number_of_parameters() -> None:
    assert published(example("bert")) == 109_482_240


# ---- Llama --------------------------------------------------------------------------------

LLAMA = [
    Rule(r"model\.embed_tokens\.weight", "embed.weight"),
    Rule(r"model\.layers\.(\d+)\.self_attn\.([qkv])_proj\.weight", r"blocks.\1.attn.\2.weight"),
    Rule(r"model\.layers\.(\d+)\.self_attn\.o_proj\.weight", r"blocks.\1.attn.out.weight"),
    Rule(r"model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\.weight", r"blocks.\1.mlp.\2.weight"),
    Rule(r"model\.layers\.(\d+)\.input_layernorm\.weight", r"blocks.\1.norm1.weight"),
    Rule(r"model\.layers\.(\d+)\.post_attention_layernorm\.weight", r"blocks.\1.norm2.weight"),
    Rule(r"model\.norm\.weight", "norm.weight"),
    Rule(r"lm_head\.weight", "head.weight"),
]


@pytest.fixture
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Llama computes norms and angles in float32; here in the precision of the model."""
    from transformers.models.llama import modeling_llama

    def norm(self: Module, x: Tensor) -> Tensor:
        return self.weight * (
            x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)
        )

    def angles(self: Module, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        base = self.config.rope_parameters["rope_theta"]
        e = self.config.hidden_size // self.config.num_attention_heads
        frequencies = base ** -(torch.arange(0, e, 2, dtype=x.dtype) / e)
        turns = position_ids[..., None].to(x.dtype) * frequencies
        both = torch.cat((turns, turns), dim=-1)
        return both.cos(), both.sin()

    monkeypatch.setattr(modeling_llama.LlamaRMSNorm, "forward", norm)
    monkeypatch.setattr(modeling_llama.LlamaRotaryEmbedding, "forward", angles)


def llama(layers: int, d: int, h: int, kv: int, w: int, vocab: int, base: float) -> Module:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        num_hidden_layers=layers, hidden_size=d, num_attention_heads=h, num_key_value_heads=kv,
        intermediate_size=w, vocab_size=vocab, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )  # fmt: skip
    return LlamaForCausalLM(config)


@pytest.mark.usefixtures("_wide")
@pytest.mark.parametrize("kv", [1, 2, 4])
def test_llama_agrees(kv: int) -> None:
    sizes = {"layers": 2, "d": 24, "h": 4, "kv": kv, "w": 40, "vocab": 97, "base": 500.0}
    ours = example("llama").bind(**sizes).torch()
    agree(ours, llama(**sizes), LLAMA, [tokens(97, 2, 11)], logits)


@pytest.mark.slow
@pytest.mark.usefixtures("_wide")
def test_llama_agrees_with_wide_layers() -> None:
    """The published widths of heads and layers; two layers of thirty-two, so that it fits into memory."""
    sizes = {"layers": 2, "d": 1024, "h": 8, "kv": 2, "w": 3584, "vocab": 4096, "base": 500000.0}
    ours = example("llama").bind(**sizes).torch()
    agree(ours, llama(**sizes), LLAMA, [tokens(4096, 1, 64)], logits, ["eval"])


def test_llama_has_the_published_number_of_parameters() -> None:
    assert published(example("llama")) == 8_030_261_248


# ---- what the counts rest on ------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt2", "bert", "llama"])
def test_the_count_is_that_of_the_module(name: str) -> None:
    heads = {"kv": 2} if name == "llama" else {}
    model = example(name).bind(layers=2, d=32, h=4, vocab=31, **heads)
    assert model.cost().parameters == parameters(model.torch())
