//! Finds what the program carries as its console: the built one, or a page that says how to build
//! it, so that the program compiles where there is no Node.

use std::{env, path::Path};

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let console = Path::new(&here).join("../../console");
    let built = console.join("dist");
    let folder = if built.join("index.html").exists() && built.join("assets").exists() {
        built.clone()
    } else {
        console.join("stub")
    };
    let folder = folder
        .canonicalize()
        .expect("console/stub is part of the project");
    println!("cargo::rustc-env=CONSOLE_FOLDER={}", folder.display());
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed={}", console.join("stub").display());
}
