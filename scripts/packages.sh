# shellcheck shell=bash disable=SC2034
# The system's packages that the build needs and why; setup.sh reads this with `.`. `a|b`: two names of one thing.
debian_packages=(
  'build-essential      # C++ compiler'
  'cmake                # build description; one older than 3.25 gets a newer one beside it, in this folder'
  'ninja-build          # build'
  'ccache               # makes the next build fast'
  'git                  # the commit that --version prints'
  'pkg-config           # finds libraries'
  'ca-certificates      # secure downloads from PyPI'
  'python3              # fetches oneDNN and the demo; checks of the tree'
  'python3-venv         # keeps what is fetched inside this folder'
  'libfmt-dev           # text'
  'nlohmann-json3-dev   # JSON'
  'libspdlog-dev        # log'
  'libcli11-dev         # command line'
  'doctest-dev          # unit tests'
  'libprotozero-dev     # ONNX files'
  'libjpeg62-turbo-dev|libjpeg-turbo8-dev # JPEG'
  'libpng-dev           # PNG'
  'zlib1g-dev           # whether a transcript repeats itself'
  'libwebp-dev          # WebP'
  'libfreetype-dev      # labels in pictures'
  'libpcre2-dev         # regular expressions of tokenizers'
  'libutf8proc-dev      # Unicode, for tokenizers'
  'libcurl4-openssl-dev # downloads of models'
  'libarchive-dev       # archives of models'
  'libavformat-dev      # sound and video: FFmpeg'
  'libswscale-dev       # its colours'
  'libswresample-dev    # its sample rates'
  'libespeak-ng1        # pronunciation, for speech'
  'espeak-ng-data       # its languages'
  'libportaudio2        # speakers and microphones'
  'fonts-dejavu-core    # the letters of the labels'
)
brew_packages=(
  'cmake                # build description'
  'ninja                # build'
  'ccache               # makes the next build fast'
  'pkgconf              # finds libraries'
  'python@3.12          # fetches the demo; checks of the tree'
  'libomp               # OpenMP'
  'fmt                  # text'
  'nlohmann-json        # JSON'
  'spdlog               # log'
  'cli11                # command line'
  'doctest              # unit tests'
  'protozero            # ONNX files'
  'jpeg-turbo           # JPEG'
  'libpng               # PNG'
  'webp                 # WebP'
  'freetype             # labels in pictures'
  'pcre2                # regular expressions of tokenizers'
  'utf8proc             # Unicode, for tokenizers'
  'libarchive           # archives of models; libcurl comes with macOS'
  'ffmpeg               # sound and video'
  'espeak-ng            # pronunciation, for speech'
  'portaudio            # speakers and microphones'
)

# What the tests need beside.
debian_test_packages=(
  'libavdevice-dev      # the test card that stands for a camera'
)

# What the models are compared with, for the tests only.
debian_torch_packages=(
  'python3-torch        # PyTorch, the reference that models are compared with'
  'python3-torchvision  # its part for pictures'
  'libopenblas0-pthread # its matrix products: Debian builds it for any BLAS, and the first one it finds is the slow one'
)
