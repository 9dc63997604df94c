//! The rooms of the house and the arrows between them, as `ARCHITECTURE.md` draws them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each room with the rooms that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("vfs", &["base"]),
    ("image", &["vfs", "base"]),
    ("litmus", &["image", "vfs", "base"]),
    ("profile", &["base"]),
    ("trace", &["image", "vfs", "base"]),
    ("simfs", &["trace", "profile", "image", "vfs", "base"]),
    ("crash", &["simfs", "trace", "profile", "image", "base"]),
    ("workload", &["trace", "base"]),
    ("store", &["workload", "trace", "vfs", "base"]),
    ("oracle", &["workload", "trace", "base"]),
    (
        "run",
        &[
            "crash", "simfs", "store", "workload", "oracle", "trace", "profile", "image", "vfs",
            "base",
        ],
    ),
    (
        "scenario",
        &["run", "oracle", "store", "workload", "profile", "base"],
    ),
    (
        "campaign",
        &[
            "scenario", "run", "oracle", "workload", "profile", "vfs", "base",
        ],
    ),
    ("shrink", &["run", "oracle", "workload", "profile", "base"]),
    ("supervise", &["campaign", "run", "base"]),
    (
        "report",
        &["campaign", "scenario", "run", "oracle", "workload", "base"],
    ),
    (
        "cli",
        &[
            "report",
            "supervise",
            "campaign",
            "shrink",
            "scenario",
            "run",
            "oracle",
            "store",
            "workload",
            "profile",
            "image",
            "vfs",
            "base",
        ],
    ),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of this crate") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rooms named by `crate::ROOM` in a text, comments and documentation left out.
fn rooms_used(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.flat_map(|line| [line, "\n"]).collect();
    let mut used = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        let group = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split_once("};"));
        // `use crate::{a::b, c}`: the names at the outermost level of the braces.
        let inside = group.map_or(rest, |(inside, _)| inside);
        let mut depth = 0_i32;
        let mut name = String::new();
        for character in inside.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && (character.is_ascii_lowercase() || character == '_') {
                name.push(character);
            } else if depth == 0 && character == ':' && !name.is_empty() {
                used.push(std::mem::take(&mut name));
            } else if depth == 0 && character == ',' {
                name.clear();
            }
            if group.is_none() && character == ':' {
                break;
            }
        }
    }
    used
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Tests may look at everything: what counts is what ships.
fn is_test(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.contains("/tests")
        || name.contains("_tests")
        || name.contains("testing")
        || name.contains("fixture")
}

#[test]
fn no_arrow_runs_the_wrong_way() {
    let known: Vec<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (room, allowed) in ARROWS {
        let folder = source_root().join(room);
        for path in sources(&folder).into_iter().filter(|path| !is_test(path)) {
            let text = fs::read_to_string(&path).expect("a source file");
            let shipped = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            for used in rooms_used(shipped) {
                let is_room = known.contains(&used.as_str());
                if is_room && used != *room && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: {room} may not use {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_walk_sees_every_way_to_name_a_room() {
    let text = "use crate::store::Wal;\nuse crate::{\n    base::{Seed, Rng},\n    simfs::SimFs,\n};\n\
                fn f() -> crate::crash::Kept {}\n// crate::run::ignored\n";
    assert_eq!(rooms_used(text), ["store", "base", "simfs", "crash"]);
}

#[test]
fn every_room_is_drawn() {
    for entry in fs::read_dir(source_root()).expect("the sources") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let drawn = ARROWS.iter().any(|(room, _)| *room == name);
        assert!(!path.is_dir() || drawn, "{name} is not in the drawing");
    }
}

#[test]
fn files_stay_short() {
    for path in sources(&source_root()) {
        let lines = fs::read_to_string(&path)
            .expect("a source file")
            .lines()
            .count();
        assert!(lines <= 480, "{} has {lines} lines", path.display());
    }
}
