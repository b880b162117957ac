//! The binary in careless and hostile hands: every refusal says what is wrong
//! and where, with the right exit code, at once, and leaves nothing behind.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with the spec of a phi^4 ring and its network.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        place.write(
            "ring.ham",
            "lattice ring(8)\nfield phi : real in [-2, 2]\n\
             H = sum<i,j>(1/2*(phi[i] - phi[j])^2) + sum(i)(-1/4*phi[i]^2 + 1/4*phi[i]^4)\n",
        );
        place.ok(&["compile", "ring.ham"]);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let start = Instant::now();
        let output =
            Command::new(env!("CARGO_BIN_EXE_hamc")).current_dir(self.path()).args(arguments).output().unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "{arguments:?} took {:?}", start.elapsed());
        output
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What stderr says of a command that has to end with a code.
    fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        assert!(!errors.is_empty());
        errors
    }

    /// Fails, and says so with these words.
    fn says(&self, code: i32, arguments: &[&str], words: &[&str]) {
        let errors = self.fails(code, arguments);
        for word in words {
            assert!(errors.contains(word), "{arguments:?} does not say {word:?}:\n{errors}");
        }
    }

    /// Checks a spec that is wrong.
    fn refuses(&self, spec: &str, words: &[&str]) {
        self.write("it.ham", spec);
        let start = Instant::now();
        self.says(1, &["compile", "it.ham", "-o", "it.net.yaml"], words);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert!(!self.path().join("it.net.yaml").exists());
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn all_typos_of_a_spec_are_shown_at_once() {
    let place = Place::new();
    place.write(
        "it.ham",
        "lattice ring(16)\nfild phi : real in [-2, 2]\nfield psi : real in [2, -2]\nparam m2 = -1/2\n\
         H = sum(i)(m3/2*psi[i]^2 + psi[i,3] + 1/psi[i] + sin(psi[i]) + psi[i]^0.5)\n\
         symetry translation\nlocality nearst_neighbor\n",
    );
    let errors = place.fails(1, &["check", "it.ham"]);
    for word in [
        "it.ham:2:1",
        "did you mean `field`?",
        "the domain [2, -2] is empty",
        "nothing is called `m3`",
        "did you mean `m2`?",
        "write psi[i]",
        "division by something that varies",
        "`sin` is not a polynomial",
        "a fractional power is not a polynomial",
        "did you mean `symmetry`?",
        "did you mean `nearest_neighbor`?",
    ] {
        assert!(errors.contains(word), "{word:?} is missing in\n{errors}");
    }
    let lines: Vec<&str> = errors.lines().filter(|line| line.trim_start().starts_with("-->")).collect();
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| {
        let mut numbers = line.rsplit(':').map(|number| number.parse::<u32>().unwrap_or(0));
        let column = numbers.next();
        (numbers.next(), column)
    });
    assert_eq!(lines, sorted, "in the order of the text");
}

#[test]
fn a_statement_that_cannot_be_read_may_be_the_hamiltonian() {
    let place = Place::new();
    place.write("it.ham", "field x : real in [-1, 1]\nH = (x + \n");
    assert!(!place.fails(1, &["check", "it.ham"]).contains("there is no Hamiltonian"));
    place.refuses("field x : real in [-1, 1]\n", &["there is no Hamiltonian"]);
}

#[test]
fn wrong_files_are_named() {
    let place = Place::new();
    place.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe");
    place.write("empty.ham", "");
    place.write("latin.ham", b"field x : real in [-1, 1]\nH = x^2 # \xfc\n");
    place.write("zeros.ham", vec![0u8; 50_000_000]);
    std::fs::create_dir(place.path().join("folder.ham")).unwrap();
    let spec = |name: &str, words: &[&str]| {
        for command in [&["check", name][..], &["dof", name], &["compile", name], &["compare", name], &["fmt", name]] {
            if (command[0], name) != ("fmt", "empty.ham") {
                place.says(1, command, words);
            }
        }
    };
    spec("picture.png", &["picture.png", "UTF-8"]);
    spec("latin.ham", &["latin.ham", "UTF-8", "line 2"]);
    for command in ["check", "dof", "compile", "fmt"] {
        place.says(1, &[command, "folder.ham"], &["folder.ham", "this is a folder"]);
    }
    place.says(1, &["compare", "folder.ham"], &["folder.ham", "there is no spec (*.ham) in this folder"]);
    spec("none.ham", &["none.ham", "there is no such file"]);
    spec("empty.ham", &["there is no Hamiltonian"]);
    spec("ring.net.yaml", &["this is a network description, and a spec is expected"]);
    place.says(1, &["check", "zeros.ham"], &["50000000 bytes"]);

    let network = |name: &str, words: &[&str]| place.says(1, &["verify", "ring.ham", name], words);
    network("picture.png", &["picture.png", "UTF-8"]);
    network("empty.ham", &["does not begin with `format: hamc-network`"]);
    network("zeros.ham", &["does not begin with `format: hamc-network`"]);
    network("folder.ham", &["this is a folder"]);
    network("none", &["there is no such file"]);
    network("ring.ham", &["is it a spec?"]);
}

#[test]
fn damaged_networks_are_refused() {
    let place = Place::new();
    let text = place.read("ring.net.yaml");
    let damaged = |code: i32, text: &str, words: &[&str]| {
        place.write("it.net.yaml", text);
        place.says(code, &["verify", "ring.ham", "it.net.yaml"], words);
    };
    // Cut anywhere, nothing panics and nothing passes.
    for length in (0..text.len() - 20).step_by(97) {
        place.write("it.net.yaml", &text[..length]);
        place.fails(1, &["verify", "ring.ham", "it.net.yaml"]);
    }
    let change = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in\n{text}");
        text.replacen(from, to, 1)
    };
    let form = text.lines().find(|line| line.starts_with("    form:")).unwrap();
    let wrong = form.replacen("1/2", "3/7", 1);
    assert_ne!(form, wrong);
    damaged(3, &change(form, &wrong), &["the network's circuit is not the Hamiltonian", "has the coefficient"]);
    damaged(3, &change("domain: [-2, 2]", "domain: [-3, 3]"), &["domains differ"]);
    damaged(3, &change("extents: [8]", "extents: [9]"), &["its lattice is ring(9), the spec's ring(8)"]);
    damaged(1, &change("version: 1", "version: 2"), &["version 2 of the format is not known"]);
    damaged(1, &change("neurons: 3", "neurons: 5"), &["counts.neurons: says 5, but the network has 3"]);
    damaged(1, &(text.clone() + "extra: 1\n"), &["unknown field `extra`"]);
    let per_cell = text.lines().find(|line| line.contains("per_cell")).unwrap();
    damaged(1, &change(per_cell, "  per_cell: .inf"), &["accuracy.per_cell"]);
    damaged(3, &change(per_cell, "  per_cell: 1e-30"), &["the promised accuracy is not what hamc"]);
    // The last digit of any number of a gate.
    let start = text.find("layers:").unwrap();
    let end = text.find("outputs:").unwrap();
    let mut changes = 0;
    for (at, line) in text[start..end].lines().enumerate() {
        let number = ["skip: ", "          - [", "scale: ", "output_bias: "].into_iter().any(|key| line.contains(key));
        let Some(last) = line.rfind(|c: char| c.is_ascii_digit()).filter(|_| number) else { continue };
        let digit = if &line[last..=last] == "7" { "3" } else { "7" };
        let changed = format!("{}{digit}{}", &line[..last], &line[last + 1..]);
        let mut lines: Vec<&str> = text[start..end].lines().collect();
        lines[at] = &changed;
        let whole = format!("{}{}\n{}", &text[..start], lines.join("\n"), &text[end..]);
        // Refused when it is read if a count no longer agrees, else by verify.
        place.write("it.net.yaml", &whole);
        let output = place.run(&["verify", "ring.ham", "it.net.yaml"]);
        let errors = String::from_utf8(output.stderr).unwrap();
        let noticed = match output.status.code() {
            Some(1) => errors.contains("counts.distinct_weights"),
            Some(3) => errors.contains("the gate g") && errors.contains("is not what hamc"),
            _ => false,
        };
        assert!(noticed, "{line}: {errors}");
        changes += 1;
    }
    assert!(changes >= 6, "{changes}");
    // A gate removed: nothing in the file uses it afterwards, and its counts
    // are put right.
    let gate = text.rfind("  - gates:").unwrap();
    let removed = text.replacen(&text[gate..end], "", 1).replacen("\"g2\": \"1/4\"", "\"g1\": \"1/4\"", 1);
    place.write("it.net.yaml", &removed);
    assert_ne!(place.run(&["verify", "ring.ham", "it.net.yaml"]).status.code(), Some(0));
    let skip = text.lines().find(|line| line.contains("skip: ")).unwrap();
    damaged(1, &change(skip, "        skip: [.nan]"), &["skip", "no number of the format f64"]);
    damaged(1, &change(skip, "        skip: [1.0, 2.0]"), &["skip: needs 1 weights, has 2"]);
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let place = Place::new();
    let before = place.names();
    place.write("notes.txt", "do not lose me\n");
    place.says(1, &["compile", "ring.ham", "-o", "notes.txt"], &["notes.txt exists", "--force"]);
    place.says(1, &["compile", "ring.ham", "--emit", "slp", "-o", "notes.txt"], &["notes.txt exists", "--force"]);
    assert_eq!(place.read("notes.txt"), "do not lose me\n");
    place.ok(&["compile", "ring.ham", "-o", "notes.txt", "--force"]);
    assert!(place.read("notes.txt").starts_with("format: hamc-network"));
    std::fs::remove_file(place.path().join("notes.txt")).unwrap();

    place.ok(&["compile", "ring.ham", "--emit", "slp", "-o", "it.slp"]);
    place.ok(&["compile", "ring.ham", "--emit", "slp", "-o", "it.slp"]);
    std::fs::remove_file(place.path().join("it.slp")).unwrap();

    place.says(1, &["compile", "ring.ham", "-o", "ring.ham", "--force"], &["it is an input"]);
    place.says(1, &["compile", "ring.ham", "-o", "none/it.yaml"], &["none/it.yaml", "folder does not exist"]);
    std::fs::create_dir(place.path().join("folder")).unwrap();
    place.says(1, &["compile", "ring.ham", "-o", "folder", "--force"], &["this is a folder"]);
    std::fs::remove_dir(place.path().join("folder")).unwrap();
    if cfg!(target_os = "linux") {
        place.says(1, &["compile", "ring.ham", "-o", "/proc/it.yaml"], &["/proc/it.yaml: cannot be written"]);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hamc"));
        command.current_dir(place.path()).args(["compile", "ring.ham", "-o", "-"]);
        let status = command.stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1), "a full disk is no success");
    }
    assert_eq!(place.names(), before, "nothing is left over");
}

#[test]
fn a_reader_may_go_away() {
    let place = Place::new();
    for arguments in [&["compile", "ring.ham", "-o", "-"][..], &["dof", "ring.ham"], &["check", "ring.ham", "--json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hamc"));
        command.current_dir(place.path()).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_compile_keeps_the_best_so_far() {
    let place = Place::new();
    // Long enough to be interrupted.
    let terms: Vec<String> = (0..60)
        .flat_map(|i| (i..60).map(move |j| format!("{}.{:02}*x[{i}]*x[{j}]", 1 + (i * j) % 9, (i + 7 * j) % 100)))
        .collect();
    place.write("long.ham", format!("field x[60] : real in [-1, 1]\nH = {}\n", terms.join(" + ")));
    let before = place.names();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hamc"));
    command.current_dir(place.path()).args(["compile", "long.ham"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{status}");
    // The network is whole, and nothing else is left over.
    let network = "long.net.yaml".to_owned();
    assert_eq!(place.names().into_iter().filter(|name| *name != network).collect::<Vec<_>>(), before);
    let mut verify = Command::new(env!("CARGO_BIN_EXE_hamc"));
    verify.current_dir(place.path()).args(["verify", "long.ham", "long.net.yaml"]).stdout(Stdio::null());
    assert_eq!(verify.status().unwrap().code(), Some(0));
}

#[test]
fn wrong_usage_is_2() {
    let place = Place::new();
    for arguments in [
        &["frobnicate"][..],
        &["compile"],
        &["compile", "a", "b"],
        &["compile", "ring.ham", "--effort", "9"],
        &["compile", "ring.ham", "--minimize", "beauty"],
        &["eval", "ring.net.yaml"],
        &["verify", "ring.ham"],
        &["fmt", "--check", "--write", "ring.ham"],
    ] {
        place.says(2, arguments, &["--help"]);
    }
    place.says(
        2,
        &["compile", "ring.ham", "--activation", "step"],
        &["sigmoid, tanh, softplus, gelu, gelu_tanh, silu, mish, erf, arctan, exp, sin, gaussian, log_cosh"],
    );
    for tolerance in ["-1", "0", "nan", "inf", "much"] {
        place.says(2, &["compile", "ring.ham", "--tolerance", tolerance], &["a tolerance is a positive number"]);
    }
}

/// A .npy file with any header.
fn npy(descriptor: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn arrays_of_any_number_format_are_read() {
    let place = Place::new();
    let expected = "H\n-0.375\n";
    let halves = [0.5f64; 8];
    let near = |text: String| {
        let value: f64 = text.lines().nth(1).unwrap().parse().unwrap();
        let expected: f64 = expected.lines().nth(1).unwrap().parse().unwrap();
        assert!((value - expected).abs() < 1e-6, "{text}");
    };
    let singles: Vec<u8> = halves.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
    let big: Vec<u8> = halves.iter().flat_map(|value| value.to_be_bytes()).collect();
    for bytes in [
        npy("<f8", "(1, 8)", &doubles(&halves)),
        npy("<f8", "(8,)", &doubles(&halves)),
        npy("<f8", "(1, 2, 2, 2)", &doubles(&halves)),
        npy("<f4", "(1, 8)", &singles),
        npy(">f8", "(1, 8)", &big),
    ] {
        place.write("it.npy", bytes);
        near(place.ok(&["eval", "ring.net.yaml", "-i", "it.npy"]));
    }
    let row = ["0.5"; 8].join(", ");
    let names: Vec<String> = (0..8).map(|site| format!("phi[{site}]")).collect();
    for text in [format!("{row}\n"), format!("{}\n{row}\n", names.join(",")), format!("\u{feff}{row}\r\n")] {
        place.write("it.csv", text);
        near(place.ok(&["eval", "ring.net.yaml", "-i", "it.csv"]));
    }
}

#[test]
fn wrong_arrays_are_refused() {
    let place = Place::new();
    let refuse = |name: &str, content: &[u8], words: &[&str]| {
        place.write(name, content);
        place.says(1, &["eval", "ring.net.yaml", "-i", name, "-o", "energies.npy"], &[&[name], words].concat());
        assert!(!place.path().join("energies.npy").exists());
    };
    let ok = doubles(&[0.5; 16]);
    refuse("shape.npy", &npy("<f8", "(2, 7)", &ok[..112]), &["[2, 7]", "8 variables"]);
    refuse("scalar.npy", &npy("<f8", "()", &ok[..8]), &["8 variables"]);
    refuse("short.npy", &npy("<f8", "(2, 8)", &ok[..100]), &["not a readable .npy array"]);
    refuse("long.npy", &npy("<f8", "(1, 8)", &ok), &["not a readable .npy array"]);
    refuse("huge.npy", &npy("<f8", "(1000000000000, 8)", &ok), &["its header does not fit its length"]);
    refuse("overflow.npy", &npy("<f8", "(9223372036854775807, 9223372036854775807)", &ok), &["its header"]);
    refuse("complex.npy", &npy("<c16", "(1, 8)", &ok), &["'<c16' (complex numbers)", "float64"]);
    refuse("half.npy", &npy("<f2", "(1, 8)", &ok[..16]), &["'<f2' (float16)", "float32", ".astype('float64')"]);
    refuse("nothing.npy", b"\x93NUMPY", &["its header is damaged"]);
    refuse("cut.npy", b"\x93NUMPY\x01\x00\xff\xff{", &["not a readable .npy array"]);
    let with = |last: f64| doubles(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, last]);
    refuse("nan.npy", &npy("<f8", "(1, 8)", &with(f64::NAN)), &["outside the declared domain", "phi[7] = NaN"]);
    refuse("infinite.npy", &npy("<f8", "(1, 8)", &with(f64::INFINITY)), &["phi[7] = inf", "--allow-outside"]);
    refuse("outside.npy", &npy("<f8", "(1, 8)", &with(2.5)), &["phi[7] = 2.5"]);
    refuse("short.csv", b"1,1,1,1,1,1,1,1\n1,1\n", &["line 2 has 2 values", "8 variables"]);
    refuse("text.csv", b"1,1,1,1,1,1,1,1\n1,1,one,1,1,1,1,1\n", &["line 2, column 3: `one` is no number"]);
    refuse("names.csv", b"a,b,c,d,e,f,g,h\n1,1,1,1,1,1,1,1\n", &["none of them is `phi[0]`"]);
    refuse("outside.csv", b"1,1,1,1,1,1,1,7\n", &["phi[7] = 7"]);
    refuse("picture.csv", b"\x89PNG\xff", &["neither a .npy array nor text"]);

    place.write("it.csv", "1,1,1,1,1,1,1,7\n");
    let output = place.run(&["eval", "ring.net.yaml", "-i", "it.csv", "--allow-outside"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 input value is outside the domain"));
    place.write("it.csv", "1,1,1,1,1,1,1,1\n");
    place.says(1, &["eval", "ring.net.yaml", "-i", "it.csv", "-o", "it.csv"], &["it is an input"]);
    place.says(1, &["eval", "ring.net.yaml", "-i", "it.csv", "-o", "it.txt"], &["must end in .npy or .csv"]);
    place.says(1, &["eval", "ring.net.yaml", "-i", "it.csv", "--coupling", "g=1"], &["there are none"]);
}

#[test]
fn maps_and_differences_have_the_shape_of_the_lattice() {
    let place = Place::new();
    place.write("ising.ham", "lattice square(2, 3)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\nsymmetry translation\n");
    let spins = [1.0, 1.0, -1.0, 1.0, 1.0, 1.0];
    place.write("two.npy", npy("<f8", "(2, 2, 3)", &doubles(&[spins, [1.0; 6]].concat())));
    let numbers = |name: &str| {
        let bytes = std::fs::read(place.path().join(name)).unwrap();
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let header = String::from_utf8_lossy(&bytes[..start]).into_owned();
        let values = bytes[start..].chunks(8).map(|value| f64::from_le_bytes(value.try_into().unwrap()));
        (header, values.collect::<Vec<f64>>())
    };
    place.ok(&["eval", "ising.ham", "-i", "two.npy", "--map", "-o", "map.npy"]);
    let (header, map) = numbers("map.npy");
    assert!(header.contains("(2, 2, 3)"), "{header}");
    // On a side of two, the bonds along it count twice.
    assert_eq!(map[..6].iter().sum::<f64>(), -4.0);
    assert_eq!(map[6..], [-2.0; 6]);
    place.ok(&["eval", "ising.ham", "-i", "two.npy", "--differences", "flip", "-o", "flips.npy"]);
    let (header, flips) = numbers("flips.npy");
    assert!(header.contains("(2, 6)"), "{header}");
    assert_eq!(flips[..6], [4.0, 4.0, -8.0, 8.0, 8.0, 0.0]);
    assert_eq!(flips[6..], [8.0; 6]);
    place.write("new.csv", "1,1,1,1,1,1\n1,1,1,1,1,-1\n");
    let text = place.ok(&["eval", "ising.ham", "-i", "two.npy", "--differences", "new.csv"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("\"s[0, 0]\",\"s[0, 1]\""), "{text}");
    assert_eq!(lines[1..], ["0,0,-8,0,0,0", "0,0,0,0,0,8"]);
    place.write("new.csv", "1,1,1,1,1,1\n");
    place.says(1, &["eval", "ising.ham", "-i", "two.npy", "--differences", "new.csv"], &["new values for 1 of 6"]);
    place.says(1, &["eval", "ring.net.yaml", "-i", "new.csv", "--differences", "flip"], &["8 variables"]);
    place.write("ring.csv", "1,1,1,1,1,1,1,1\n");
    place.says(1, &["eval", "ring.net.yaml", "-i", "ring.csv", "--differences", "flip"], &["phi", "cannot be flipped"]);
    place.says(2, &["eval", "ising.ham", "-i", "two.npy", "--map", "--differences", "flip"], &["cannot be used with"]);
}

#[test]
fn small_networks_are_written_out() {
    let place = Place::new();
    place.write("ising.ham", "lattice square(2, 3)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\nsymmetry translation\n");
    let text = place.ok(&["compile", "ising.ham", "--dense"]);
    assert!(text.starts_with("format: hamc-dense\n"), "{text}");
    assert_eq!(text, place.ok(&["compile", "ising.ham", "--emit", "dense"]));
    place.write(
        "large.ham",
        "lattice square(2000, 3000)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])\nsymmetry translation\n",
    );
    place.says(3, &["compile", "large.ham", "--dense"], &["matrices would hold", "shorten the lattice"]);
}

#[test]
fn endless_specs_are_refused_at_once() {
    let place = Place::new();
    let x = "field x : real in [-1, 1]\n";
    place.refuses(&format!("{x}H = x^1000000000\n"), &["E0405", "degree 1000000000"]);
    let nested = format!("{}x{}", "(".repeat(10_000), ")".repeat(10_000));
    place.refuses(&format!("{x}H = {nested}\n"), &["E0401", "nest"]);
    place.refuses(&format!("{x}H = {}x\n", "-".repeat(20_000)), &["E0401"]);
    place.refuses(&format!("{x}H = x{}\n", "^1".repeat(20_000)), &["E0401"]);
    place.refuses("field x[30] : real in [-1, 1]\nH = sum(x)^20\n", &["E0404", "28277527346376 terms"]);
    place.refuses("field x[1000] : real in [-1, 1]\nH = (sum(x) + 1)^3\n", &["E0404", "167668501 terms"]);
    let loops: String = (0..12).map(|at| format!("sum(a{at} in 0..9)(")).collect();
    place.refuses(&format!("{x}H = {loops}x{}\n", ")".repeat(12)), &["E0404"]);

    let ring = "lattice ring(1000000000000)\nfield phi : real in [-1, 1]\n";
    place.refuses(&format!("{ring}H = sum(i)(phi[i])^2\n"), &["E0406", "1000000000000 sites"]);
    place.refuses(&format!("{ring}H = sum(i)(phi[i]^2) + phi[0]\n"), &["E0406", "a site given by its number"]);
    let chain = ring.replace("ring", "chain");
    place.refuses(&format!("{chain}H = sum<i,j>(phi[i]*phi[j])*phi[0]\n"), &["E0406", "a site given by its number"]);
    // Ends are no trouble, nor is a unit cell.
    place.write("it.ham", format!("{chain}H = sum<i,j>(phi[i]*phi[j])\n"));
    for command in ["check", "dof", "compile"] {
        place.ok(&[command, "it.ham"]);
    }
    place.write("it.ham", format!("{ring}H = sum<i,j>((phi[i] - phi[j])^2) + sum(i)(phi[i]^4)\n"));
    for command in ["check", "dof", "compile"] {
        place.ok(&[command, "it.ham"]);
    }
}

#[test]
fn deep_lets_work_or_are_refused() {
    let place = Place::new();
    let chain = |length: usize, step: &str| {
        let mut text = "field x : real in [-1, 1]\nlet f0(a) = a\n".to_owned();
        for at in 1..length {
            text += &format!("let f{at}(a) = {}\n", step.replace('?', &(at - 1).to_string()));
        }
        text + &format!("H = f{}(x)^2\n", length - 1)
    };
    place.write("it.ham", chain(100, "f?(a) + 1"));
    place.ok(&["compile", "it.ham"]);
    std::fs::remove_file(place.path().join("it.net.yaml")).unwrap();
    place.refuses(&chain(5000, "f?(a) + 1"), &["E0401", "deep"]);
    place.refuses(&chain(60, "f?(a) + f?(a)"), &["E0404"]);
    place.refuses(&chain(60, "f?(a)*f?(a)"), &["E0405"]);
}

#[test]
fn numbers_beyond_doubles_are_refused() {
    let place = Place::new();
    place.write("it.ham", "field x : real in [-1e300, 1e300]\nH = x^4\n");
    place.says(3, &["compile", "it.ham"], &["the range of doubles"]);
    place.write("it.ham", "field x : real in [-1, 1]\nH = 1e400*x^4\n");
    place.says(3, &["compile", "it.ham"], &["the range of doubles"]);
    place.refuses("field x : real in [-1, 1]\nH = 1e100000*x\n", &["E0402"]);
}

#[test]
fn a_long_quadratic_form_compiles() {
    // Exact elimination makes coefficients of hundreds of digits, which the
    // network scales back.
    let place = Place::new();
    let mut terms = Vec::new();
    for i in 0..40u64 {
        for j in i..40 {
            let digits = (i * 7919 + j * 104_729) % 900 + 100;
            terms.push(format!("{}.{:02}*x[{i}]*x[{j}]", digits / 100, digits % 100));
        }
    }
    place.write("it.ham", format!("field x[40] : real in [-1, 1]\nH = {}\n", terms.join(" + ")));
    place.ok(&["compile", "it.ham", "--tolerance", "1"]);
    place.ok(&["verify", "it.ham", "it.net.yaml", "--samples", "20"]);
}

#[test]
fn a_network_with_a_changed_number_does_not_verify() {
    let folder = tempfile::tempdir().unwrap();
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/henon_heiles.ham");
    let hamc = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_hamc")).args(arguments).current_dir(&folder).output().unwrap()
    };
    assert!(hamc(&["compile", spec, "-o", "good.net.yaml"]).status.success());
    assert!(hamc(&["verify", spec, "good.net.yaml"]).status.success());
    let good = std::fs::read_to_string(folder.path().join("good.net.yaml")).unwrap();
    // A late digit of the first number after each of these.
    for key in ["scale: ", "          - [", "skip: [", "per_cell: ", "rounding: "] {
        let start = good.find(key).unwrap() + key.len();
        let end = start + good[start..].find([',', '\n', 'e', ']']).unwrap();
        let digits: Vec<usize> = (start..end).filter(|&at| good.as_bytes()[at].is_ascii_digit()).collect();
        let last = digits[digits.len().saturating_sub(3)];
        let digit = if &good[last..=last] == "7" { "6" } else { "7" };
        let bad = format!("{}{digit}{}", &good[..last], &good[last + 1..]);
        assert_ne!(good, bad);
        std::fs::write(folder.path().join("bad.net.yaml"), bad).unwrap();
        let outcome = hamc(&["verify", spec, "bad.net.yaml"]);
        // Refused when it is read if a count no longer agrees, else by verify.
        let code = outcome.status.code();
        assert!(matches!(code, Some(1 | 3)), "{key}: {}", String::from_utf8_lossy(&outcome.stderr));
    }
}

#[test]
fn a_ring_written_out_is_recognised() {
    let place = Place::new();
    let terms: Vec<String> =
        (0..12).map(|i| format!("x[{i}]^4 - 2*x[{i}]*x[{}] + x[{i}]^2*x[{}]", (i + 1) % 12, (i + 2) % 12)).collect();
    place.write("it.ham", format!("field x[12] : real in [-1, 1]\nH = {}\n", terms.join(" + ")));
    let text = place.ok(&["check", "it.ham"]);
    assert!(text.contains("lattice ring(12)"), "{text}");
    // What is suggested says the same.
    let spec: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    place.write("ring.ham", format!("{}\n", spec.join("\n")));
    let points: Vec<String> = (0..12).map(|k| format!("{}", (k * 5 % 7) as f64 / 8.0 - 0.5)).collect();
    place.write("x.csv", format!("{}\n", points.join(",")));
    let energies = |spec: &str| place.ok(&["eval", spec, "--input", "x.csv"]);
    let number = |text: String| text.lines().last().unwrap().parse::<f64>().unwrap();
    assert!((number(energies("it.ham")) - number(energies("ring.ham"))).abs() < 1e-12);
    // Rows and columns of a torus; and nothing where one term is missing.
    let at = |a: usize, b: usize| 4 * (a % 3) + b % 4;
    let torus: Vec<String> = (0..3)
        .flat_map(|a| (0..4).map(move |b| (a, b)))
        .map(|(a, b)| format!("s[{}]*s[{}] + 2*s[{}]*s[{}]", at(a, b), at(a + 1, b), at(a, b), at(a, b + 1)))
        .collect();
    place.write("it.ham", format!("field s[12] : spin\nH = {}\n", torus.join(" + ")));
    assert!(place.ok(&["check", "it.ham"]).contains("lattice square(3, 4)"));
    place.write("it.ham", format!("field s[12] : spin\nH = {}\n", torus[1..].join(" + ")));
    assert!(!place.ok(&["check", "it.ham"]).contains("lattice"));
}
