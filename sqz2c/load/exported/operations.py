"""
Which ATen operation means what.
"""

from collections.abc import Callable, Mapping

from sqz2c.load.exported import bypass, convolutions, layers, shapes
from sqz2c.load.exported.call import Call
from sqz2c.load.exported.program import Node, Program

OPERATIONS: dict[str, Callable[[Call], object]] = {
    "conv2d": convolutions.convolution,
    "convolution": convolutions.convolution,
    "linear": convolutions.linear,
    "addmm": convolutions.addmm,
    "mm": convolutions.mm,
    "batch_norm": layers.batch_norm,
    "_native_batch_norm_legit_no_training": layers.batch_norm,
    "relu": layers.relu,
    "clamp": layers.clamp,
    "clamp_min": layers.clamp,
    "max_pool2d": layers.max_pool,
    "max_pool2d_with_indices": layers.max_pool,
    "cat": layers.concatenation,
    "adaptive_avg_pool2d": shapes.adaptive_average,
    "avg_pool2d": shapes.average_pool,
    "mean": shapes.mean,
    "pad": shapes.pad,
    "constant_pad_nd": shapes.pad,
    "permute": shapes.permute,
    "t": shapes.permute,
    "mul": shapes.product,
    "add": bypass.addition,
    **dict.fromkeys(["sub", "div"], shapes.arithmetic),
    **dict.fromkeys(
        ["flatten", "view", "reshape", "_unsafe_view", "squeeze", "unsqueeze"], shapes.view
    ),
    **dict.fromkeys(
        ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "detach",
         "alias", "clone", "contiguous", "to", "_to_copy", "lift_fresh_copy"],
        shapes.same,
    ),
}  # fmt: skip
SHARING = frozenset(
    """alias alpha_dropout contiguous detach dropout feature_alpha_dropout feature_dropout flatten
    reshape squeeze to unsqueeze view""".split()
)
SILENT = frozenset(
    ["sym_size", "_assert_tensor_metadata", "_assert_scalar", "sym_constrain_range",
     "sym_constrain_range_for_size"]
)  # fmt: skip
NORMS_AND_DROPOUTS = frozenset(
    """_native_batch_norm_legit _native_batch_norm_legit_functional alpha_dropout batch_norm
    dropout feature_alpha_dropout feature_dropout native_dropout""".split()
)
ACTIVATIONS = frozenset(
    """celu elu gelu glu hardsigmoid hardswish hardtanh leaky_relu log_sigmoid mish prelu relu6
    rrelu selu sigmoid silu softplus softsign tanh threshold""".split()
)
SOFTMAXES = frozenset(["softmax", "_softmax", "log_softmax", "_log_softmax"])


def base_name(node: Node) -> str:
    """
    Give an ATen operation's name without namespace; in-place ones as those that are not.
    """
    namespace, _, name = node.operation.partition(".")
    if namespace != "aten":
        return node.operation

    return name.removesuffix("_")


def is_in_place(node: Node) -> bool:
    """
    Tell whether NODE overwrites what it reads.
    """
    return node.operation.startswith("aten.") and node.operation.endswith("_")


def compute(program: Program, node: Node, values: Mapping[str, object]) -> object:
    """
    Give NODE's first result. Raise LoadError where it is not a SqueezeNet's.
    """
    call = Call(program, node, values)
    name = base_name(node)
    operation = OPERATIONS.get(name)
    if operation is not None:
        result = operation(call)
        call.done()
        return result
    if name in ACTIVATIONS:
        raise call.unsupported("is no ReLU, the only activation that is supported")
    if name in SOFTMAXES:
        raise call.error(
            "turns logits into probabilities, and logits are what is compiled: export the network "
            "without it"
        )
    if node.operation.startswith("quantized"):
        raise call.error("is of a quantized program: export the float model, to be quantized here")
    raise call.unsupported(
        "is not an operation of a SqueezeNet (convolution, BatchNorm behind it, ReLU, max pool, "
        "concatenation of convolutions, bypass, global average, linear layer)"
    )
