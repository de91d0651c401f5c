#!/usr/bin/env python3
"""Voices with drawn weights sound as transformers computes them.

    voices_equal_transformers.py [--speech PROGRAM] [--runtimes reference,onednn] [--self-test]

FastSpeech2ConformerWithHifiGan, normed before and behind, and a VITS of several speakers (transformers' VitsModel, its tensors in an ONNX
file under Piper's names), small, with weights that let the input through. Noise is ours: what torch.randn gives is replaced. Relative
RMS below 1e-4 in F32; in BF16, where the processor multiplies it, durations are the same and the sound is within 1e-2. `--self-test`: other phonemes, another speaker and other noise are noticed.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import common
import numpy as np
import onnx
import tensor_file
import torch
import values
from blocks_equal_pytorch import computes_bf16

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import transformers  # noqa: E402

LIMITS = {"f32": 1e-4, "bf16": 1e-2}
IDS = np.random.default_rng(5).integers(1, 20, 23).astype(np.int32)
RATE = 16000


def draw(model, seed):
    """Weights whose layers keep the size of what goes through them, and norms that do something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point() or name.startswith("vocoder.mean"):
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith(("running_var", "vocoder.scale")):
                tensor.copy_(0.5 + noise.abs())
            elif tensor.dim() == 1 and "norm" in name and name.endswith("weight"):
                tensor.copy_(1 + 0.2 * noise)
            elif tensor.dim() < 2 or "pos_bias" in name:
                tensor.copy_(0.1 * noise)
            else:
                fan_in = tensor[0].numel() if "upsampler" not in name else tensor.shape[0] * 2
                tensor.copy_(noise / math.sqrt(max(fan_in, 1)))
    return model.eval()


class FastSpeech2:
    speakers = 1

    def __init__(self, folder, norm_first):
        self.path = folder
        config = transformers.FastSpeech2ConformerWithHifiGanConfig(
            model_config=dict(
                hidden_size=48, vocab_size=20, num_mel_bins=10, encoder_layers=2, decoder_layers=2, encoder_linear_units=64, decoder_linear_units=80,
                encoder_num_attention_heads=2, decoder_num_attention_heads=4, speech_decoder_postnet_layers=3, speech_decoder_postnet_units=24,
                encoder_normalize_before=norm_first, decoder_normalize_before=norm_first, duration_predictor_channels=32, energy_predictor_channels=24,
                pitch_predictor_channels=28, energy_embed_kernel_size=3, decoder_kernel_size=9, speaking_speed=1.5,
            ),
            vocoder_config=dict(model_in_dim=10, upsample_initial_channel=32, upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4],
                                resblock_kernel_sizes=[3, 5], resblock_dilation_sizes=[[1, 3], [1, 2, 5]]),
        )  # fmt: skip
        self.model = draw(transformers.FastSpeech2ConformerWithHifiGan(config), 11)
        with torch.no_grad():
            self.model.model.duration_predictor.linear.weight.mul_(0.2)
            self.model.model.duration_predictor.linear.bias.fill_(math.log(7))
        self.model.save_pretrained(folder)

    def speak(self, ids, found, speaker=0):
        with torch.no_grad():
            return self.model(torch.from_numpy(ids.astype(np.int64))[None]).waveform.numpy().ravel()


def piper_names(config):
    """{name in transformers' VitsModel: name in Piper's files}, by their parts."""
    names = {"text_encoder.embed_tokens": "enc_p.emb", "text_encoder.project": "enc_p.proj", "embed_speaker": "emb_g"}
    for i in range(config.num_hidden_layers):
        ours, theirs = "enc_p.encoder", f"text_encoder.encoder.layers.{i}"
        for mine, other in (("conv_q", "q_proj"), ("conv_k", "k_proj"), ("conv_v", "v_proj"), ("conv_o", "out_proj"), ("emb_rel_k", "emb_rel_k"), ("emb_rel_v", "emb_rel_v")):
            names[f"{theirs}.attention.{other}"] = f"{ours}.attn_layers.{i}.{mine}"
        names |= {f"{theirs}.layer_norm": f"{ours}.norm_layers_1.{i}", f"{theirs}.final_layer_norm": f"{ours}.norm_layers_2.{i}"}
        names |= {f"{theirs}.feed_forward.conv_{k}": f"{ours}.ffn_layers.{i}.conv_{k}" for k in (1, 2)}
    for i in range(config.prior_encoder_num_flows):
        ours, theirs = f"flow.flows.{2 * i}", f"flow.flows.{i}"
        names |= {f"{theirs}.conv_pre": f"{ours}.pre", f"{theirs}.conv_post": f"{ours}.post", f"{theirs}.wavenet": f"{ours}.enc"}
    predictor = "duration_predictor"

    def separable(ours, theirs):
        for mine, other in (("convs_sep", "convs_dilated"), ("convs_1x1", "convs_pointwise"), ("norms_1", "norms_1"), ("norms_2", "norms_2")):
            names[f"{theirs}.{other}"] = f"{ours}.{mine}"

    names |= {f"{predictor}.conv_pre": "dp.pre", f"{predictor}.conv_proj": "dp.proj", f"{predictor}.cond": "dp.cond"}
    separable("dp.convs", f"{predictor}.conv_dds")
    names |= {f"{predictor}.flows.0.translate": "dp.flows.0.m", f"{predictor}.flows.0.log_scale": "dp.flows.0.logs"}
    for i in range(2, config.duration_predictor_num_flows + 1):  # the first is not used backwards
        ours, theirs = f"dp.flows.{2 * i - 1}", f"{predictor}.flows.{i}"
        names |= {f"{theirs}.conv_pre": f"{ours}.pre", f"{theirs}.conv_proj": f"{ours}.proj"}
        separable(f"{ours}.convs", f"{theirs}.conv_dds")
    return names | {"decoder.upsampler": "dec.ups", "decoder": "dec"}


class Vits:
    speakers = 3

    def __init__(self, folder):
        self.path = Path(folder, "small.onnx")
        self.config = config = transformers.VitsConfig(
            vocab_size=20, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, window_size=3, ffn_dim=40, ffn_kernel_size=3, flow_size=24,
            spectrogram_bins=17, num_speakers=3, speaker_embedding_size=10, upsample_initial_channel=32, upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4],
            duration_predictor_num_flows=4, depth_separable_num_layers=3, prior_encoder_num_flows=4, prior_encoder_num_wavenet_layers=3, resblock_kernel_sizes=[3, 7],
            resblock_dilation_sizes=[[1, 3, 5], [1, 3, 5]], noise_scale=0.667, noise_scale_duration=0.8, layer_norm_eps=1e-5, hidden_act="relu",
        )  # fmt: skip
        self.model = transformers.VitsModel(config)
        self.model.remove_weight_norm() if hasattr(self.model, "remove_weight_norm") else self.remove_weight_norm()
        draw(self.model, 12)
        with torch.no_grad():
            self.model.duration_predictor.flows[0].translate[0] = -math.log(6)
            self.model.duration_predictor.flows[0].log_scale.fill_(1.0)
        self.write()

    def remove_weight_norm(self):
        for module in self.model.modules():
            if hasattr(module, "weight_g"):
                torch.nn.utils.remove_weight_norm(module)

    def write(self):
        names, tensors = piper_names(self.config), []
        for name, value in self.model.state_dict().items():
            prefix = max((known for known in names if name == known or name.startswith(known + ".")), key=len, default=None)
            if prefix is None or not value.is_floating_point():
                continue  # the posterior encoder, and flows that speaking does not need
            ours = names[prefix] + name[len(prefix) :]
            array = value.numpy()
            if ".attn_layers." in ours and array.ndim == 2:
                array = array[:, :, None]  # linear layers are convolutions there
            if ".norm" in ours:
                ours = ours.replace(".weight", ".gamma").replace(".bias", ".beta")
            tensors.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), ours))
        output = onnx.helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, None)
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "voice", [], [output], tensors)), self.path)
        voice = {"audio": {"sample_rate": RATE, "quality": "test"}, "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8}}
        Path(f"{self.path}.json").write_text(json.dumps(voice))

    def speak(self, ids, found, speaker=0):
        turns, around = found["duration_noise"].T[None], found["noise"].reshape(-1, self.config.flow_size).T[None]

        def randn(*size, **_):
            return torch.from_numpy(np.ascontiguousarray(turns))

        def randn_like(like, **_):
            drawn = np.zeros(like.shape, np.float32)
            width = min(drawn.shape[2], around.shape[2])
            drawn[:, :, :width] = around[:, :, :width]
            return torch.from_numpy(drawn)

        # What transformers asks of FSDP imports a part of PyTorch 1.13 that Python 3.11 does not take.
        no_fsdp = mock.patch("transformers.models.vits.modeling_vits.is_fsdp_managed_module", lambda _: False)
        with torch.no_grad(), no_fsdp, mock.patch("torch.randn", randn), mock.patch("torch.randn_like", randn_like):
            return self.model(torch.from_numpy(ids.astype(np.int64))[None], speaker_id=speaker).waveform.numpy().ravel()


def ours(arguments, model, ids, *options):
    with tempfile.TemporaryDirectory() as folder:
        made, given = Path(folder, "speech.safetensors"), Path(folder, "ids.npy")
        np.save(given, ids)
        command = [arguments.speech, model.path, given, "--output", made, *options]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.strip()}")
        return tensor_file.read(made)[0]


def relative(found, expected):
    return values.relative_rms(found, expected) if found.size == expected.size else float("inf")


def compare(arguments, name, model, runtime, precision):
    well = True
    for speaker in range(model.speakers):
        found = ours(arguments, model, IDS, "--runtime", runtime, "--precision", precision, "--speaker", speaker, "--seed", 4)
        expected = model.speak(IDS, found, speaker)
        error = relative(found["samples"], expected)
        met = error < LIMITS[precision] and expected.std() > 0.01
        what = f"{expected.size} samples of deviation {expected.std():.3f} in {found['piece_ends'].size} pieces"
        print(f"{name}, speaker {speaker}, {runtime} {precision}: {what}, relative RMS {error:.2e}{'' if met else ', NOT ENOUGH'}")
        well &= met
    return well


def self_test(arguments, name, model):
    found = ours(arguments, model, IDS, "--runtime", "onednn", "--precision", "f32", "--seed", 4)
    others = {"other phonemes": (np.roll(IDS, 1), found, 0)}
    if model.speakers > 1:
        others["another speaker"] = (IDS, found, 1)
        others["other noise"] = (IDS, found | {"noise": -found["noise"]}, 0)
    well = True
    for what, given in others.items():
        error = relative(found["samples"], model.speak(*given))
        print(f"{name}, {what}: relative RMS {error:.2e}: {'noticed' if error > LIMITS['f32'] else 'NOT NOTICED'}")
        well &= error > LIMITS["f32"]
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speech", default=common.ROOT / "build/release/bin/lp-speech")
    parser.add_argument("--runtimes", default="reference,onednn")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    ways = [(runtime, "f32") for runtime in arguments.runtimes.split(",")]
    if computes_bf16():
        ways.append(("onednn", "bf16"))
    else:
        print("bf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
    well = True
    with tempfile.TemporaryDirectory() as folder:
        models = {
            "FastSpeech2Conformer": FastSpeech2(Path(folder, "behind"), False),
            "FastSpeech2Conformer, normed before": FastSpeech2(Path(folder, "before"), True),
            "VITS of three speakers": Vits(folder),
        }
        for name, model in models.items():
            if arguments.self_test:
                well &= self_test(arguments, name, model)
                continue
            for runtime, precision in ways:
                well &= compare(arguments, name, model, runtime, precision)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
