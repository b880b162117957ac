//! Activation functions against values to 45 digits, and the table of centres.

use hamc::exact::Rational;
use hamc::network::{Activation, Expansion};

fn rows(text: &str) -> impl Iterator<Item = (Activation, f64, Vec<&str>)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ');
        let activation = Activation::parse(words.next().unwrap()).unwrap();
        let argument = words.next().unwrap().parse().unwrap();
        (activation, argument, words.collect())
    })
}

#[test]
fn values_are_within_the_stated_bound() {
    for (activation, argument, values) in rows(include_str!("data/activation_values.txt")) {
        // An exponent beyond -4096 is zero for a double.
        let exact = Rational::from_decimal(values[0]).unwrap_or(Rational::ZERO);
        let computed = Rational::from_f64(activation.evaluate(argument)).unwrap();
        let error = (&computed - &exact).abs().to_f64();
        let bound = activation.evaluation_error(exact.abs().to_f64(), argument.abs());
        assert!(error <= bound, "{activation} at {argument}: {error:e} > {bound:e}");
    }
}

#[test]
fn special_arguments() {
    use Activation::*;
    let infinity = f64::INFINITY;
    for activation in Activation::ALL {
        assert!(activation.evaluate(f64::NAN).is_nan(), "{activation}");
        let (bottom, top) = match activation {
            Sigmoid => (0.0, 1.0),
            Tanh | Erf => (-1.0, 1.0),
            Arctan => (-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2),
            Gaussian => (0.0, 0.0),
            LogCosh => (infinity, infinity),
            Softplus | Gelu | GeluTanh | Silu | Mish | Exp => (0.0, infinity),
            // It has no limits.
            Sin => (f64::NAN, f64::NAN),
            Relu => (0.0, infinity),
            Square => (infinity, infinity),
            Identity => (-infinity, infinity),
        };
        for (argument, limit) in [(-infinity, bottom), (infinity, top)] {
            let value = activation.evaluate(argument);
            assert!(value == limit || value.is_nan() && limit.is_nan(), "{activation}({argument}) = {value}");
        }
        let mut slice = [-1.5, 0.0, 2.0];
        activation.evaluate_all(&mut slice);
        assert_eq!(slice, [-1.5, 0.0, 2.0].map(|x| activation.evaluate(x)));
        assert_eq!(Activation::parse(&activation.name().to_uppercase()), Some(activation));
    }
    assert_eq!(Activation::parse("step"), None);
}

#[test]
fn derivatives_are_within_the_stated_bound() {
    for (activation, argument, values) in rows(include_str!("data/activation_derivatives.txt")) {
        let computed = activation.derivatives(argument, values.len() - 1);
        for (order, (value, computed)) in values.iter().zip(computed).enumerate() {
            let exact = Rational::from_decimal(value).unwrap().to_f64();
            let everywhere = activation.derivative_bound(order, argument.abs());
            assert!(exact.abs() <= everywhere, "{activation}^({order})({argument}) = {exact} > {everywhere}");
            let error = (computed - exact).abs();
            let bound = activation.derivative_error(order, computed, argument.abs());
            assert!(
                error <= bound,
                "{activation}^({order})({argument}): {computed} for {exact}, {error:e} > {bound:e}"
            );
        }
    }
}

#[test]
fn derivatives_at_zero_are_exact_where_that_is_said() {
    use Activation::*;
    // The first and the second.
    let exact = [
        (Sigmoid, 0.25, 0.0),
        (Tanh, 1.0, 0.0),
        (Softplus, 0.5, 0.25),
        (Gelu, 0.5, f64::NAN),
        (GeluTanh, 0.5, f64::NAN),
        (Silu, 0.5, 0.5),
        (Mish, f64::NAN, f64::NAN),
        (Erf, f64::NAN, 0.0),
        (Arctan, 1.0, 0.0),
        (Exp, 1.0, 1.0),
        (Sin, 1.0, 0.0),
        (Gaussian, 0.0, -2.0),
        (LogCosh, 0.0, 1.0),
        (Square, 0.0, 2.0),
        (Identity, 1.0, 0.0),
    ];
    for (activation, first, second) in exact {
        let found = activation.derivatives(0.0, 4);
        for (order, value) in [(1, first), (2, second)] {
            assert_eq!(activation.derivative_at_zero_is_exact(order), !value.is_nan(), "{activation} {order}");
            assert!(value.is_nan() || found[order] == value, "{activation} {order}: {}", found[order]);
        }
        assert!(!activation.derivative_at_zero_is_exact(3));
    }
}

#[test]
fn bounds_around_a_centre_hold() {
    for activation in Activation::SMOOTH {
        for centre in [-2.3, -1.0, 0.0, 0.7] {
            let expansion = Expansion::new(activation, centre, 20);
            for radius in [0.0, 1e-3, 0.1, 0.5, 3.0] {
                for order in 0..10 {
                    let bound = expansion.bound(order, radius);
                    for step in -10..=10 {
                        let x = centre + radius * step as f64 / 10.0;
                        let value = activation.derivative(order, x).abs();
                        assert!(value <= bound * (1.0 + 1e-12), "{activation}^({order})({x}) = {value} > {bound}");
                    }
                    let near = radius <= 0.1 && order <= 6;
                    let greatest =
                        (-10..=10).map(|s| activation.derivative(order, centre + radius * s as f64 / 10.0).abs());
                    let greatest = greatest.fold(0.0, f64::max);
                    assert!(!near || bound <= 2.0 * greatest + 0.1 * activation.derivative_bound(order, 3.0));
                }
            }
        }
    }
}

#[test]
fn centres_are_those_of_the_table() {
    // Order of the derivative that is zero, where, and the second
    // derivative there.
    let table: [(Activation, usize, f64, f64); 19] = [
        (Activation::Sigmoid, 3, -1.3169578969, 3f64.sqrt() / 18.0),
        (Activation::Sigmoid, 4, -2.2924316695611777, 6f64.sqrt() / 36.0),
        (Activation::Tanh, 3, -0.6584789485, 0.7698003589),
        (Activation::Tanh, 4, -1.1462158347805888, 2.0 * 6f64.sqrt() / 9.0),
        (Activation::Softplus, 3, 0.0, 0.25),
        (Activation::Softplus, 4, -1.3169578969248167, 1.0 / 6.0),
        (Activation::Gelu, 4, -0.7922869913932613, 0.3999869661),
        (Activation::Gelu, 1, -0.7517915246935645, f64::NAN),
        (Activation::Silu, 4, -1.031958241780749, 0.2925201819),
        (Activation::Silu, 1, -1.278464542761074, f64::NAN),
        (Activation::Silu, 3, 0.0, 0.5),
        (Activation::Erf, 3, -0.5f64.sqrt(), 0.9678828981),
        (Activation::Erf, 4, -1.5f64.sqrt(), 0.6167213192),
        (Activation::Arctan, 3, -1.0 / 3f64.sqrt(), 0.6495190528),
        (Activation::Arctan, 4, -1.0, 0.5),
        (Activation::Gaussian, 3, 0.0, -2.0),
        (Activation::Gaussian, 4, -0.5246476233, -0.6826656),
        (Activation::LogCosh, 4, -0.6584789485, 2.0 / 3.0),
        (Activation::Sin, 3, -std::f64::consts::FRAC_PI_2, 1.0),
    ];
    for (activation, order, centre, second) in table {
        let zeros = activation.derivative_zeros(order, -3.0, 3.0);
        let nearest = zeros.iter().copied().min_by(|a, b| (a - centre).abs().total_cmp(&(b - centre).abs())).unwrap();
        assert!((nearest - centre).abs() < 1e-10, "{activation} {order}: {zeros:?}");
        let value = activation.derivative(2, nearest);
        assert!(second.is_nan() || (value - second).abs() < 1e-7, "{activation} {order}: {value}");
    }
    for (activation, ratio) in [
        (Activation::Sigmoid, -1.5),
        (Activation::Tanh, -24.0),
        (Activation::Softplus, -2.0 / 3.0),
        (Activation::Gelu, -5.79801),
        (Activation::Silu, -2.162145),
        (Activation::Erf, -24.0),
        (Activation::Arctan, -30.0),
        (Activation::Gaussian, -48.0),
        (Activation::LogCosh, -32.0 / 3.0),
    ] {
        let centre = *activation.derivative_zeros(4, -3.0, -0.5).last().unwrap();
        let derivatives = activation.derivatives(centre, 6);
        assert!((derivatives[6] / derivatives[2] - ratio).abs() < 1e-5, "{activation}");
    }
}
