use super::*;
use affetti_testkit::Values;

fn proposal(region: [u32; 4], objectness: f32) -> Proposal {
    Proposal { region, objectness }
}

fn checked(params: Params) -> Checked {
    params.check().expect("good settings")
}

/// `groups` places far from each other, `each` boxes of some overlap at every place; objectness
/// falls with the index within a group.
fn planted(groups: u32, each: u32, seed: u64) -> Vec<Proposal> {
    let mut values = Values::new(seed);
    let mut jitter = || (values.next().unwrap_or(0.0) * 8.0 + 8.0) as u32;
    let mut all = Vec::new();
    for i in 0..each {
        for g in 0..groups {
            let region = [g * 400 + jitter(), jitter(), 100 + jitter(), 120 + jitter()];
            all.push(proposal(region, 0.5 - (i * groups + g) as f32 * 1e-4));
        }
    }
    all
}

#[test]
fn filters_by_area_and_aspect() {
    let boxes = [
        proposal([0, 0, 20, 40], 0.1),
        proposal([0, 0, 20, 39], 0.1),
        proposal([0, 0, 20, 120], 0.1),
        proposal([0, 0, 20, 121], 0.1),
        proposal([0, 0, 121, 20], 0.1),
        proposal([0, 0, 0, 0], 0.1),
    ];
    let left = filter(&boxes, &checked(Params::default()));
    assert_eq!(left, [boxes[0], boxes[2]]);
}

#[test]
fn planted_clusters_are_recovered() {
    for form in [Form::Literal, Form::RowNormalized] {
        for (groups, each) in [(3, 20), (7, 30), (12, 60)] {
            let boxes = planted(groups, each, 3);
            let params = checked(Params {
                clusters: groups as usize,
                form,
                ..Params::default()
            });
            let kept = screen(&boxes, &params).expect("kept");
            // The best of each group are the first ones.
            assert_eq!(kept, boxes[..groups as usize], "{form:?} {groups}");
        }
    }
}

#[test]
fn three_disjoint_blocks_are_three_clusters() {
    // `docs/facts.md`, "Affective regions: screening", step 2.
    let boxes = planted(3, 8, 9);
    let vectors = normalized_cut_vectors(&iou_matrix(&boxes), 3, Solver::Dense, 1);
    let clusters = k_means(&vectors, 3, 1);
    for (i, cluster) in clusters.iter().enumerate() {
        assert_eq!(*cluster, clusters[i % 3]);
    }
    assert!(clusters[0] != clusters[1] && clusters[1] != clusters[2] && clusters[0] != clusters[2]);
}

#[test]
fn no_more_boxes_than_clusters_are_kept_whole() {
    let boxes = planted(5, 2, 1);
    for clusters in [10, 50] {
        let params = checked(Params {
            clusters,
            ..Params::default()
        });
        assert_eq!(screen(&boxes, &params).expect("kept"), boxes);
    }
    assert!(
        screen(&[], &checked(Params::default()))
            .expect("none")
            .is_empty()
    );
}

#[test]
fn identical_boxes_are_one_region_or_few() {
    let boxes = vec![proposal([10, 10, 100, 100], 0.2); 80];
    let kept = screen(&boxes, &checked(Params::default())).expect("kept");
    assert!(!kept.is_empty() && kept.len() <= 50);
    assert!(kept.iter().all(|k| *k == boxes[0]));
    assert_eq!(
        suppress(&boxes, &checked(Params::default())).expect("kept"),
        boxes[..1]
    );
    // So many that only some eigenvectors are computed: of a matrix with one direction.
    let many = vec![boxes[0]; 300];
    let kept = screen(&many, &checked(Params::default())).expect("kept");
    assert!(!kept.is_empty() && kept.iter().all(|k| *k == boxes[0]));
}

#[test]
fn apart_boxes_are_as_many_parts() {
    // 200 boxes that do not touch: every eigenvalue is 1, and any 50 of them are as good.
    let boxes: Vec<Proposal> = (0..200)
        .map(|i| proposal([100 * i, 0, 40, 40], 0.5 - i as f32 * 1e-3))
        .collect();
    let kept = screen(&boxes, &checked(Params::default())).expect("kept");
    // Clusters of parts that nothing joins: as many as asked for, but for a few that end up empty.
    assert!((45..=50).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept[0], boxes[0]);
    assert!(kept.is_sorted_by(|a, b| a.objectness > b.objectness));
}

#[test]
fn threads_change_nothing() {
    let boxes = planted(20, 20, 6);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().expect("a pool");
        pool.install(|| screen(&boxes, &checked(Params::default())).expect("kept"))
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn the_number_is_capped_before_the_graph() {
    let boxes = planted(4, 60, 2);
    let params = checked(Params {
        clusters: 4,
        max_boxes: 40,
        ..Params::default()
    });
    assert_eq!(screen(&boxes, &params).expect("kept"), boxes[..4]);
}

#[test]
fn one_seed_one_result() {
    let boxes = planted(6, 60, 4);
    let params = checked(Params {
        clusters: 20,
        ..Params::default()
    });
    let kept = screen(&boxes, &params).expect("kept");
    assert_eq!(screen(&boxes, &params).expect("kept"), kept);
    assert!(kept.len() <= 20 && kept[0] == boxes[0]);
    assert!(kept.is_sorted_by(|a, b| a.objectness >= b.objectness));
}

#[test]
fn suppression_keeps_the_best_of_each_place() {
    let boxes = planted(4, 10, 5);
    let params = checked(Params {
        nms_iou: 0.3,
        ..Params::default()
    });
    assert_eq!(suppress(&boxes, &params).expect("kept"), boxes[..4]);
}

#[test]
fn an_objectness_has_to_be_a_number() {
    let boxes = [proposal([0, 0, 50, 50], f32::NAN)];
    let error = screen(&boxes, &checked(Params::default())).expect_err("NaN");
    assert_eq!(error.kind(), crate::ErrorKind::Input);
}
