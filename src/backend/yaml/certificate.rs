//! The certificate in a description: one entry a gate and one an output, each
//! with the ranges and errors that its own error follows from.

use super::{FormatError, document, double, refuse, row, scalar};
use crate::network::{Certificate, GateBound, InputBound, OutputBound};

pub(super) fn write(certificate: &Certificate, line: &mut impl FnMut(String)) {
    line("certificate: # inputs: least and greatest exact value, error".into());
    line(format!("  gates:{}", if certificate.gates.is_empty() { " []" } else { "" }));
    for bound in &certificate.gates {
        let inputs = bound.inputs.iter().map(|input| row([input.lower, input.upper, input.error].map(double)));
        line(format!("    - gate: {}", scalar(&bound.gate)));
        line(format!("      inputs: {}", row(inputs)));
        line(format!("      order: {}", bound.order));
        line(format!("      truncation: {}", double(bound.truncation)));
        line(format!("      rounding: {}", double(bound.rounding)));
        line(format!("      propagated: {}", double(bound.propagated)));
        line(format!("      range: {}", row([bound.lower, bound.upper].map(double))));
        line(format!("      error: {}", double(bound.error)));
        line(format!("      fingerprint: {}", scalar(&format!("{:016x}", bound.fingerprint))));
    }
    line(format!("  outputs:{}", if certificate.outputs.is_empty() { " []" } else { "" }));
    for bound in &certificate.outputs {
        line(format!("    - output: {}", scalar(&bound.output)));
        line(format!("      range: {}", row([bound.lower, bound.upper].map(double))));
        line(format!("      error: {}", double(bound.error)));
        line(format!("      fingerprint: {}", scalar(&format!("{:016x}", bound.fingerprint))));
    }
}

pub(super) fn read(certificate: document::Certificate) -> Result<Certificate, FormatError> {
    let fingerprint = |text: &str, at: String| match (text.len(), u64::from_str_radix(text, 16)) {
        (16, Ok(value)) if format!("{value:016x}") == text => Ok(value),
        _ => refuse(at, "must be sixteen hexadecimal digits"),
    };
    let mut result = Certificate::default();
    for (at, bound) in certificate.gates.into_iter().enumerate() {
        let input = |[lower, upper, error]: [f64; 3]| InputBound { lower, upper, error };
        result.gates.push(GateBound {
            fingerprint: fingerprint(&bound.fingerprint, format!("certificate.gates[{at}].fingerprint"))?,
            gate: bound.gate,
            inputs: bound.inputs.into_iter().map(input).collect(),
            order: bound.order,
            truncation: bound.truncation,
            rounding: bound.rounding,
            propagated: bound.propagated,
            lower: bound.range[0],
            upper: bound.range[1],
            error: bound.error,
        });
    }
    for (at, bound) in certificate.outputs.into_iter().enumerate() {
        result.outputs.push(OutputBound {
            fingerprint: fingerprint(&bound.fingerprint, format!("certificate.outputs[{at}].fingerprint"))?,
            output: bound.output,
            lower: bound.range[0],
            upper: bound.range[1],
            error: bound.error,
        });
    }
    Ok(result)
}
