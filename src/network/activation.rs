//! Activation functions and their derivatives.

/// An activation function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Activation {
    /// 1/(1+e^-x)
    Sigmoid,
    /// tanh x
    Tanh,
    /// ln(1+e^x)
    Softplus,
    /// x Φ(x), with the error function
    Gelu,
    /// x/(1+e^-x)
    Silu,
}
