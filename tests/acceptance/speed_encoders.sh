#!/usr/bin/env bash
# Measures the text, image and sound encoders against OpenVINO and ONNX Runtime and prints pass or fail for each row.
#   speed_encoders.sh [NAME...] [--program PATH] [--reuse]     (options of bench/encoders.py)
# Needs .venv-test (scripts/test.sh) for the models. Takes about ten minutes on a quiet machine; results go to
# bench/results.
set -euo pipefail
cd "$(dirname "$0")/../.."
.venv-test/bin/python - <<'MODELS'
import subprocess
import sys

sys.path.insert(0, "tests/acceptance")
import common
import encoder_models
import encoders_equal_transformers as cases
import speech_models

makers = {
    "minilm-l6-v2": encoder_models.minilm,
    "dinov2-small": encoder_models.dinov2,
    "drawn-ViT-S-16": lambda: cases.vit_case("ViT-S-16", 384, 6),
    "drawn-ViT-B-16": lambda: cases.vit_case("ViT-B-16", 768, 12),
    "drawn-clip-b32": cases.clip_cases,
    "whisper-base": lambda: speech_models.whisper("base"),
}
for name, make in makers.items():
    if not (common.CACHE / "models" / name / "model.safetensors").exists():
        make()
clip = common.CACHE / "models/drawn-clip-b32/tokenizer.json"
if not clip.exists():  # by a process of its own: transformers wants another version of the package tokenizers
    code = "import sys, tokenizers_equal; tokenizers_equal.clip_tokenizer().save(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, clip], check=True, cwd="tests/acceptance")
MODELS
python=/usr/bin/python3
[ -x "$python" ] || python=python3
exec "$python" bench/encoders.py "$@"
