#!/usr/bin/env bash
# saddle-bench answers as scripts that read it expect.
# usage: bench.sh PATH_TO_SADDLE_BENCH [1]      1: it has the emulated device
set -euo pipefail
bench=$1 emulated=${2:-0}

line=$("$bench" step dcgan --batch 2 --steps 1 --threads 1)
for field in '"model":"dcgan"' '"device":"cpu"' '"precision":"fp32"' '"graph":false' '"batch":2' '"size":64' '"threads":1' \
  '"peer":' '"median_s":' '"min_s":' '"images_per_s":' '"peak_mib":'; do
  [[ $line == *"$field"* ]] || { echo "bench: no $field in $line"; exit 1; }
done

# Every family runs, on each device that is here; the peers' ways, too.
devices=(cpu)
[ "$emulated" = 0 ] || devices+=(emulated)
for device in "${devices[@]}"; do
  table=$("$bench" kernels --small --device "$device" --threads 1)
  for kernel in conv2d conv2d_input_grad conv2d_weight_grad matmul norm norm_grad relu tanh_grad sum softmax max_pool2d \
    resample2d copy_view concat normal adam lerp pixel_norm minibatch_stddev loss cross_entropy; do
    grep -q "^$kernel .* ms " <<<"$table" || { echo "bench: no $kernel on $device in: $table"; exit 1; }
  done
done
table=$("$bench" kernels conv --small --threads 1)
if grep -q '^peers: oneDNN' <<<"$table"; then
  [ "$(grep -c '^conv2d.* ms ' <<<"$table")" = "$(grep -c '^conv2d.* peer .*, of 2 ways)' <<<"$table")" ] ||
    { echo "bench: layers without a peer's time in: $table"; exit 1; }
fi

# refuse MESSAGE ARGUMENTS...: exit code 2, and the message on stderr.
refuse() {
  local message=$1 text status=0
  shift
  text=$("$bench" "$@" 2>&1 >/dev/null) || status=$?
  [[ $status = 2 && $text == *"$message"* ]] || { echo "bench $*: exit code $status, '$text'"; exit 1; }
}
refuse "there is no workload 'nothing'; there are: dcgan, wgan-gp, cyclegan, pix2pix" step nothing
refuse "precision 'fp8' is not one of fp32, tf32, bf16" step dcgan --precision fp8
refuse "on the device cpu there is fp32 alone" step dcgan --precision tf32
refuse "on the device cpu there is fp32 alone" kernels --precision tf32
[ "$emulated" = 0 ] || refuse "the emulated device has none" ceilings --device emulated
refuse "must be positive" step dcgan --steps 0
refuse "threads: -1 is not between" step dcgan --threads=-1
refuse "there is no family 'nothing'; there are: conv" kernels nothing
refuse "subcommand is required"
