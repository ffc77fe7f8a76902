"""Every op of Saddle in PyTorch: functions of its inputs and of its record's options, which bear PyTorch's
names. Where PyTorch has no such op, a formula over its others."""
import torch
import torch.nn.functional as F

DTYPES = {"f32": torch.float32, "f64": torch.float64, "bf16": torch.bfloat16, "i64": torch.int64, "u8": torch.uint8}


def all_axes(x, dim):
    return dim or list(range(x.dim()))


def reduction(f):
    """PyTorch's functions differ in what no axes mean; here they mean all. A scalar has none to name."""
    return lambda x, dim, keepdim, **options: f(x.reshape(1) if x.dim() == 0 else x, dim or
                                                list(range(max(x.dim(), 1))), keepdim=keepdim, **options)


def var(x, dim, keepdim, correction):
    return torch.var(x, dim=all_axes(x, dim), correction=correction, keepdim=keepdim)


def sum_to(x, size):
    lead = x.dim() - len(size)
    y = x.sum(list(range(lead))) if lead else x
    stretched = [i for i, n in enumerate(size) if n != y.shape[i]]
    return y.sum(stretched, keepdim=True) if stretched else y


def matmul(a, b, trans_a, trans_b):
    return (a.mT if trans_a else a) @ (b.mT if trans_b else b)


def conv_transpose2d(x, w, b=None, **options):
    return F.conv_transpose2d(x, w, b, **options)


def conv2d(x, w, b=None, **options):
    return F.conv2d(x, w, b, **options)


def vjp(f, size, gy):
    """The gradient of f at zeros of that size; for a linear f, anywhere."""
    x = torch.zeros(size, dtype=gy.dtype, requires_grad=True)
    return torch.autograd.grad(f(x), x, gy, create_graph=True)[0]


def conv2d_input_grad(gy, w, input_size, **options):
    return vjp(lambda x: F.conv2d(x, w, **options), input_size, gy)


def conv2d_weight_grad(x, gy, weight_size, **options):
    return vjp(lambda w: F.conv2d(x, w, **options), weight_size, gy)


def sliced(x, dim, start, end, step):
    return x[(slice(None),) * (dim % x.dim()) + (slice(start, end, step),)]


def slice_grad(gy, input_size, **options):
    x = gy.new_zeros(input_size)
    sliced(x, **options).copy_(gy)
    return x


def reversed_pieces(pieces, dim):
    """As the records of ops with several outputs join them."""
    return torch.cat(pieces[::-1], dim)


def resample2d(x, rows, columns, fill):
    rows, columns = torch.tensor(rows, dtype=x.dtype), torch.tensor(columns, dtype=x.dtype)
    reads = rows.any(1).unsqueeze(1) & columns.any(1)
    return torch.where(reads, rows @ x @ columns.T, torch.full_like(rows[:1, :1], fill))


def with_affine(f):
    """f(x, *others, weight, bias, **options) where `weight` and `bias` say which of them end the inputs. Weights
    and biases of each sample's own, which PyTorch's do not take, follow f without."""

    def formula(*inputs, weight, bias, own_affine=False, **options):
        inputs = list(inputs)
        b = inputs.pop() if bias else None
        # PyTorch's derivatives fail where there is a bias alone.
        w = inputs.pop() if weight else None if b is None else torch.ones_like(b)
        if not own_affine:
            return f(*inputs, weight=w, bias=b, **options)
        y = f(*inputs, weight=None, bias=None, **options)
        y = y if w is None else y * by_channel(w, y)
        return y if b is None else y + by_channel(b, y)

    return formula


def by_channel(numbers, x):
    """A number for each of x's channels, or for each of every sample's, as it spreads over x."""
    rows = numbers.shape if numbers.dim() == 2 else (1, -1)
    return numbers.reshape(*rows, *[1] * (x.dim() - 2))


ACTIVATIONS = {
    "none": lambda x, slope: x,
    "relu": lambda x, slope: torch.relu(x),
    "leaky_relu": F.leaky_relu,
    "tanh": lambda x, slope: torch.tanh(x),
}


def activated(f):
    """f(*inputs, **options), then the activation that the options name, if any."""

    def formula(*inputs, activation="none", slope=0.0, **options):
        return ACTIVATIONS[activation](f(*inputs, **options), slope)

    return formula


def bias_act(x, *bias):
    return x + by_channel(bias[0], x) if bias else x


def bias_act_grad(gy, y, activation="none", slope=0.0):
    """From what the activation gave, not what it was given."""
    if activation == "tanh":
        return gy * (1 - y * y)
    return gy if activation == "none" else torch.where(y > 0, gy, slope * gy)


def sum_by_channel(x):
    return x.sum([axis for axis in range(x.dim()) if axis != 1])


def batch_norm(x, weight, bias, eps):
    if x.numel() == x.shape[1]:  # refused by PyTorch
        return torch.zeros_like(x) + bias.reshape(1, -1, 1, 1)
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def batch_norm_eval(x, mean, var, weight, bias, eps):
    """As F.batch_norm, which has no derivatives by mean and var."""
    y = (x - by_channel(mean, x)) / torch.sqrt(by_channel(var, x) + eps)
    y = y if weight is None else y * by_channel(weight, x)
    return y if bias is None else y + by_channel(bias, x)


def norm_grad(which):
    """The gradient by input, weight or bias of the normalisation that batch, layer and group norm share, over
    plain operations: PyTorch 1.13 has no third derivatives of its own."""

    def formula(gy, x, w=None, b=None, *, num_groups, over_batch, eps, own_affine=False, activation="none",
                slope=0.0):
        x = x if x.requires_grad else x.clone().requires_grad_()
        affine = x.shape[:2] if own_affine else x.shape[1:2]
        w = torch.ones(affine, dtype=x.dtype) if w is None else w
        b = torch.zeros(affine, dtype=x.dtype) if b is None else b
        w, b = (v if v.requires_grad else v.clone().requires_grad_() for v in (w, b))
        groups = x.reshape(x.shape[0], num_groups, -1)
        axes = (0, 2) if over_batch else 2
        centred = groups - groups.mean(axes, keepdim=True)
        xhat = (centred / torch.sqrt((centred * centred).mean(axes, keepdim=True) + eps)).reshape(x.shape)
        y = ACTIVATIONS[activation](xhat * by_channel(w, x) + by_channel(b, x), slope)
        return torch.autograd.grad(y, {"x": x, "w": w, "b": b}[which], gy, create_graph=True)[0]

    return formula


def loss(f):
    """f(x, target) where the target is an input, or one number for all."""

    def formula(x, *targets, target=None, **options):
        t = targets[0] if targets else torch.full_like(x, target)
        return f(x, t, **options)

    return formula


def hinge(x, target, reduction):
    each = torch.relu(1 - target * x)
    return {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]


LOSS_SLOPES = {
    "bce": lambda x, t: torch.sigmoid(x) - t,
    "mse": lambda x, t: 2 * (x - t),
    "l1": lambda x, t: torch.sign(x - t),
    "hinge": lambda x, t: torch.where(t * x < 1, -t, 0 * t),
}


def loss_grad(gy, x, t=None, *, kind, target, scale):
    return gy * scale * LOSS_SLOPES[kind](x, torch.full_like(x, target) if t is None else t)


def cross_entropy_grad(gy, x, labels, label_smoothing):
    own = (1 - label_smoothing) * F.one_hot(labels, x.shape[1]).to(x.dtype) + label_smoothing / x.shape[1]
    return gy[:, None] * (torch.softmax(x, 1) - own)


def minibatch_stddev(x, group_size, num_channels):
    """As StyleGAN2 writes it."""
    size = min(group_size, x.shape[0])
    y = x.reshape(size, -1, num_channels, x.shape[1] // num_channels, x[0, 0].numel())
    y = torch.sqrt(((y - y.mean(0)) ** 2).mean(0) + 1e-8).mean([2, 3])
    y = y.repeat(size, 1).reshape(x.shape[0], num_channels, *[1] * (x.dim() - 2))
    return torch.cat([x, y.expand(-1, -1, *x.shape[2:])], 1)


def input_grad(f):
    """The gradient of f(x) at x, given the output's, over plain operations."""

    def formula(gy, x, **options):
        x = x if x.requires_grad else x.clone().requires_grad_()
        return torch.autograd.grad(f(x, **options), x, gy, create_graph=True)[0]

    return formula


def pixel_norm(x, eps):
    return x / torch.sqrt((x * x).mean(1, keepdim=True) + eps)


def adain(x, scale, shift, eps):
    return F.instance_norm(x, eps=eps) * by_channel(scale, x) + by_channel(shift, x)


FORMULAS = {
    # activation
    "bias_act": activated(bias_act),
    "bias_act_bias_grad": lambda *inputs, **options: sum_by_channel(bias_act_grad(*inputs, **options)),
    "bias_act_input_grad": bias_act_grad,
    # elementwise
    "abs": torch.abs,
    "add": torch.add,
    "affine": lambda x, scale, shift: scale * x + shift,
    "cast": lambda x, dtype: x.to(DTYPES[dtype]),
    "clamp": torch.clamp,
    "clamp_grad": lambda gy, x, min, max: gy * ((x >= min) & (x <= max)),
    "div": torch.div,
    "eq": torch.eq,
    "exp": torch.exp,
    "full_like": lambda x, value: torch.full_like(x, value),
    "ge": torch.ge,
    "gt": torch.gt,
    "le": torch.le,
    "leaky_relu": F.leaky_relu,
    "leaky_relu_grad": lambda gy, y, negative_slope: torch.where(y > 0, gy, negative_slope * gy),
    "log": torch.log,
    "lt": torch.lt,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mul": torch.mul,
    "ne": torch.ne,
    "neg": torch.neg,
    "pow": torch.pow,
    "reciprocal": torch.reciprocal,
    "relu": F.relu,
    "rsqrt": torch.rsqrt,
    "sigmoid": torch.sigmoid,
    "sigmoid_grad": lambda gy, y: gy * y * (1 - y),
    "sign": torch.sign,
    "softplus": F.softplus,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "sub": torch.sub,
    "tanh": torch.tanh,
    "tanh_grad": lambda gy, y: gy * (1 - y * y),
    "where": lambda condition, x0, x1: torch.where(condition.bool(), x0, x1),
    # reduce
    "amax": reduction(torch.amax),
    "amin": reduction(torch.amin),
    "argmax": torch.argmax,
    "mean": reduction(torch.mean),
    "sum": reduction(torch.sum),
    "sum_to": sum_to,
    "var": var,
    # shape
    "chunk": lambda x, chunks, dim: reversed_pieces(x.chunk(chunks, dim), dim),
    "concat": lambda *xs, dim: torch.cat(xs, dim),
    "expand": torch.Tensor.expand,
    "flip": torch.flip,
    "permute": torch.permute,
    "reshape": torch.reshape,
    "slice": sliced,
    "slice_grad": slice_grad,
    "split": lambda x, split_size, dim: reversed_pieces(x.split(split_size, dim), dim),
    "stack": lambda *xs, dim: torch.stack(xs, dim),
    "transpose": torch.transpose,
    # index
    "gather": lambda x, index, dim: x.gather(dim, index),
    "index_add": lambda x, index, dim, input_size: x.new_zeros(input_size).index_add(dim, index, x),
    "index_select": lambda x, index, dim: x.index_select(dim, index),
    "one_hot": F.one_hot,
    "scatter_add": lambda x, index, dim, input_size: x.new_zeros(input_size).scatter_add(dim, index, x),
    # loss
    "bce_with_logits": loss(F.binary_cross_entropy_with_logits),
    "cross_entropy": F.cross_entropy,
    "cross_entropy_grad": cross_entropy_grad,
    "hinge": hinge,
    "l1_loss": loss(F.l1_loss),
    "loss_grad": loss_grad,
    "mse_loss": loss(F.mse_loss),
    # matmul
    "linear": activated(F.linear),
    "matmul": matmul,
    # conv
    "conv2d": activated(conv2d),
    "conv2d_input_grad": conv2d_input_grad,
    "conv2d_weight_grad": conv2d_weight_grad,
    "conv_transpose2d": activated(conv_transpose2d),
    # pool
    "adaptive_avg_pool2d": F.adaptive_avg_pool2d,
    "avg_pool2d": F.avg_pool2d,
    "max_pool2d": F.max_pool2d,
    # pad
    "constant_pad2d": lambda x, pad, value: F.pad(x, pad, value=value),
    "reflection_pad2d": lambda x, pad: F.pad(x, pad, mode="reflect"),
    "replication_pad2d": lambda x, pad: F.pad(x, pad, mode="replicate"),
    "zero_pad2d": F.pad,
    # resample
    "interpolate": lambda x, scale_factor, mode, align_corners=None: F.interpolate(
        x, scale_factor=scale_factor, mode=mode, align_corners=align_corners),
    "resample2d": resample2d,
    "upsample_bilinear2d": lambda x, size, align_corners: F.interpolate(x, size, mode="bilinear",
                                                                        align_corners=align_corners),
    "upsample_nearest2d": F.interpolate,
    # norm
    "adain": activated(adain),
    "batch_norm": activated(with_affine(batch_norm)),
    "batch_norm_eval": activated(with_affine(batch_norm_eval)),
    "group_norm": activated(with_affine(F.group_norm)),
    "instance_norm": activated(with_affine(F.instance_norm)),
    "layer_norm": activated(with_affine(F.layer_norm)),
    "minibatch_stddev": minibatch_stddev,
    "minibatch_stddev_grad": input_grad(minibatch_stddev),
    "norm_bias_grad": norm_grad("b"),
    "norm_input_grad": norm_grad("x"),
    "norm_weight_grad": norm_grad("w"),
    "pixel_norm": pixel_norm,
    "pixel_norm_grad": input_grad(pixel_norm),
    # reverse_gradient
    "reverse_gradient": lambda x, strength: x,
    # softmax
    "log_softmax": torch.log_softmax,
    "softmax": torch.softmax,
}

# Ops that draw random numbers, which are not PyTorch's. Those that give nothing but these are held against the
# distribution that they are drawn from;
DISTRIBUTIONS = {
    "random_normal": lambda: torch.distributions.Normal(0.0, 1.0),
    "random_uniform": lambda low, high: torch.distributions.Uniform(float(low), float(high)),
}
# of the others the numbers are read off the output, y.
FORMULAS_GIVEN_OUTPUT = {
    "dropout": lambda y, x, p: x * (y != 0) / (1 - p),
}
