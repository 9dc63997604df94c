//! Results in which everything that a subject could have written is an attack on the page that shows it.

use tornwrite::{
    base::Position,
    campaign::{
        Comparison, Finding, Gone, InvariantSummary, Mark, RegressionOutcome, RegressionSummary,
        SUMMARY_VERSION, ScenarioSummary, Sentences, Summary, Verdict,
    },
    crash::{Cover, Disorder},
    report::PageHead,
    run::{
        Before, Compared, CoverageMark, Difference, DiskFile, Drawing, DrawnBlock, DrawnPiece,
        Evidence, Expectation, Fate, Kind, LegalReason, LegalStates, Legality, MediaFault, Missing,
        MissingOrdering, Mode, NamedOperation, Ordering, QuotedRule, Row, Shape, Timeline,
    },
    workload::CrashKind,
};

/// What a subject writes; `where_` tells the places apart.
pub(crate) fn hostile(place: &str) -> String {
    format!(
        "{place}\"'></title></style></text><script>document.title='owned'</script>\
         <img src=x onerror=\"document.title='owned'\">\u{202e}"
    )
}

pub(crate) fn head() -> PageHead {
    PageHead {
        id: hostile("id"),
        invariant: hostile("invariant"),
        scenario: hostile("scenario"),
        subject: hostile("subject"),
        profile: hostile("profile"),
        device: hostile("device"),
        seed: 4711,
        lives: 2,
        witness: Sentences {
            given: hostile("given"),
            shown: hostile("shown"),
            however: hostile("however"),
        },
        signature: hostile("signature"),
        tornwrite: hostile("version"),
        seed_version: 2,
        image: hostile("image"),
        reproducer: hostile("reproducer"),
    }
}

fn named(index: u32) -> NamedOperation {
    NamedOperation {
        index,
        text: hostile("operation"),
        site: hostile("site"),
    }
}

fn row(index: u32, fate: Fate, drawing: Drawing) -> Row {
    Row {
        index,
        text: hostile("row"),
        path: hostile("path"),
        site: hostile("site"),
        fate,
        parts: vec![hostile("part")],
        drawing,
    }
}

fn bytes(sectors: &str) -> Drawing {
    Drawing {
        lane: hostile("lane"),
        shape: Shape::Bytes {
            offset: 8192,
            length_bytes: 600,
        },
        blocks: vec![DrawnBlock {
            block: 2,
            sectors: sectors.to_owned(),
        }],
        pieces: vec![DrawnPiece {
            what: hostile("piece"),
            fate: '.',
        }],
    }
}

fn shape(lane: &str, shape: Shape) -> Drawing {
    Drawing {
        lane: lane.to_owned(),
        shape,
        ..Drawing::default()
    }
}

fn timeline() -> Timeline {
    let lane = hostile("lane");
    let verb = || hostile("verb");
    let acknowledged = Shape::Acknowledged {
        operation: 7,
        durable: true,
    };
    let rows = vec![
        row(0, Fate::Durable(hostile("by")), bytes("====    ")),
        row(
            1,
            Fate::Barrier,
            shape(
                &lane,
                Shape::End {
                    begin: 1,
                    covers: vec![0],
                },
            ),
        ),
        row(2, Fate::Torn, bytes("##.0SG<&")),
        row(3, Fate::Lost, shape(&lane, Shape::Change { verb: verb() })),
        row(
            4,
            Fate::Failed,
            shape(&lane, Shape::Refused { verb: verb() }),
        ),
        row(5, Fate::Said, shape("", acknowledged)),
        row(
            6,
            Fate::Barrier,
            shape(
                &lane,
                Shape::Begin {
                    verb: verb(),
                    end: None,
                },
            ),
        ),
        row(7, Fate::Behind, bytes("--      ")),
    ];
    Timeline {
        title: hostile("life 1"),
        crash: CrashKind::PowerLoss,
        point: Position(7),
        damage: Some(MediaFault::UnreadableSector {
            path: hostile("lane"),
            sector: 3,
        }),
        rows,
    }
}

fn legality() -> Legality {
    let reason = LegalReason {
        disorder: Disorder::Torn,
        lost: named(2),
        lost_more: 1,
        survived: Some(named(5)),
        survived_more: 0,
        in_one_file: true,
        cover: Cover::Nothing,
        barrier: Some(named(1)),
        rule: Some(QuotedRule {
            profile: hostile("profile"),
            key: hostile("key"),
            choice: hostile("choice"),
            meaning: hostile("meaning"),
            source: hostile("source"),
        }),
    };
    Legality {
        title: hostile("life 1"),
        crash: CrashKind::PowerLoss,
        profile: hostile("profile"),
        reasons: vec![reason],
        more: 3,
        under: vec![hostile("under")],
        observed_too: true,
    }
}

pub(crate) fn evidence() -> Evidence {
    let ordering = Ordering {
        lost: named(2),
        parts: vec![hostile("part")],
        before: Before::Later(named(5)),
    };
    let missing = Missing {
        crash: Some(hostile("life 1")),
        idle: vec![hostile("idle")],
        orderings: vec![MissingOrdering {
            one_of: vec![ordering],
        }],
        reruns: 7,
        complete: false,
    };
    let file = DiskFile {
        path: hostile("path"),
        size_bytes: Some(8704),
        live_size_bytes: None,
        records: vec![hostile("record"); 3],
        live_records: vec![hostile("live record"); 40],
        differences: vec![Difference {
            offset: 8192,
            length_bytes: 512,
            disk: hostile("disk"),
            live: String::new(),
        }],
        differences_more: 12,
    };
    let compared = Compared {
        operation: hostile("asked"),
        expected: hostile("expected"),
        shown: hostile("shown"),
        agrees: false,
    };
    Evidence {
        timelines: vec![timeline()],
        legality: vec![legality()],
        missing: Some(missing),
        files: vec![file],
        files_more: 1,
        comparison: vec![compared],
        left_out: vec![hostile("choice torn")],
    }
}

/// One scenario with this many findings, of which none was expected.
pub(crate) fn scenario(number: u64, findings: u64) -> ScenarioSummary {
    let finding = |index: u64| Finding {
        id: format!("V-{:012x}", number << 24 | index),
        invariant: hostile("durable-ack"),
        count: 1,
        first_seed: index,
        reproducer: hostile("violations/"),
        missing: hostile("missing"),
        signature: hostile("in work: lost block of write log/N.wal, lost size of write log/N.wal"),
        signatures: Vec::new(),
        mark: Some(Mark::New),
    };
    let counted = InvariantSummary {
        evaluated: findings,
        exercised: findings,
        violated: findings,
        violating_runs: findings,
    };
    ScenarioSummary {
        name: hostile(&format!("scenario-{number}")),
        subject: hostile("subject"),
        profile: hostile("profile"),
        device: hostile("device"),
        mode: Mode::Sampled,
        seeds: [0, findings],
        configuration: tornwrite::base::Digest::default(),
        runs: findings,
        crash_points: 1,
        states_tried: 1,
        distinct_images: 1,
        recoveries: 1,
        exhaustive_points: 0,
        legal_states: LegalStates::default(),
        violations: findings,
        violating_runs: findings,
        nondeterministic_runs: 0,
        by_invariant: [(hostile("durable-ack"), counted)].into(),
        coverage: CoverageMark::ALL.map(|mark| (mark, 0)).into(),
        kinds: [(Kind::Torn, 5)].into(),
        left_out: std::collections::BTreeMap::new(),
        findings: (0..findings).map(finding).collect(),
        unexplained: 0,
        digest: tornwrite::base::Digest::default(),
        expectation: Expectation::Clean,
        met: false,
        verdict: Verdict::Unexpected,
        reasons: vec![hostile("reason")],
    }
}

fn regression(outcome: RegressionOutcome) -> RegressionSummary {
    RegressionSummary {
        name: hostile("kept name"),
        file: hostile("kept file"),
        scenario: hostile("kept scenario"),
        invariant: hostile("kept for"),
        outcome,
        reason: hostile("kept reason"),
    }
}

fn gone(reason: Option<String>) -> Gone {
    Gone {
        id: hostile("gone id"),
        invariant: hostile("gone invariant"),
        scenario: hostile("gone scenario"),
        subject: hostile("gone subject"),
        profile: hostile("gone profile"),
        device: hostile("gone device"),
        missing: hostile("gone missing"),
        reason,
    }
}

pub(crate) fn summary(scenarios: u64, findings: u64) -> Summary {
    Summary {
        version: SUMMARY_VERSION,
        seed_version: 2,
        seeds: [0, 1000],
        shard: None,
        regressions: [
            RegressionOutcome::Fixed,
            RegressionOutcome::FoundAsExpected,
            RegressionOutcome::StillFails,
            RegressionOutcome::Stale,
        ]
        .map(regression)
        .into(),
        baseline: Some(Comparison {
            new: 1,
            known: 2,
            resolved: vec![gone(None)],
            not_covered: vec![gone(Some(hostile("why not")))],
        }),
        verdict: Verdict::Unexpected,
        scenarios: (0..scenarios)
            .map(|number| scenario(number, findings))
            .collect(),
    }
}
