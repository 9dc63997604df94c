#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]
use std::{sync::atomic::AtomicBool, time::Instant};
use tornwrite::{base::Seed, run::{run, silence_subject_panics}, scenario::Scenario, shrink::{Bounds, Unobserved, Violation, shrink}};

#[test]
#[ignore = "explores"]
fn explore() {
    silence_subject_panics();
    let want = std::env::var("SCEN").unwrap_or_default();
    let per: usize = std::env::var("PER").unwrap_or("3".into()).parse().unwrap();
    let show = std::env::var("SHOW").is_ok();
    let mut files: Vec<_> = std::fs::read_dir("scenarios").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut times = Vec::new();
    for file in files {
        if !file.to_string_lossy().contains(&want) { continue; }
        let text = std::fs::read(&file).unwrap();
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario = Scenario::parse("x", &stem, &text).unwrap();
        let mut count = 0;
        for scenario in scenario.by_profile() {
            let job = scenario.job().unwrap();
            let config = scenario.run_config().unwrap();
            for seed in 0..40 {
                if count >= per { break; }
                for v in run(&job, &config, Seed(seed)).violations {
                    count += 1;
                    let violation = Violation { config: &config, seed: Seed(seed), schedule: &v.schedule, invariant: v.invariant };
                    let t = Instant::now();
                    let stop = AtomicBool::new(false);
                    match shrink(&job, &violation, Bounds::default(), &mut Unobserved, &stop) {
                        Ok(s) => {
                            let batches = s.operations.iter().flatten().filter(|o| matches!(o, tornwrite::workload::Operation::Append{..})).count();
                            println!("{stem} {seed} {}: {} -> {} [{batches} b] on {} {:?} {}x {:?}\n     {}", v.invariant, s.from, s.to, s.config.profile, s.end, s.executions, t.elapsed(), s.missing.identity());
                            times.push(t.elapsed());
                            if show { for l in &s.operations { println!("  life"); for o in l { let o = format!("{o:?}"); println!("    {}", &o[..o.len().min(150)]); } }
                              for s in s.missing.sentences() { println!("  {s}"); } println!("  {:?}", s.witness);
                              for c in &s.schedule.crashes { println!("  lost {:?}", c.lost); }
                             }
                        }
                        Err(e) => println!("{stem} {seed} {}: ERR {e:?}", v.invariant),
                    }
                }
            }
        }
    }
    times.sort();
    if !times.is_empty() { println!("median {:?} max {:?} of {}", times[times.len()/2], times[times.len()-1], times.len()); }
}
