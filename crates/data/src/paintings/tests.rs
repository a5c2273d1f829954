use super::*;
use crate::testing;

const HEADER: &str = "id,file,artist,title,year,style,genre,artemis_key,captions,\
    dvisa_emotion,dvisa_vad,width,height,stretched,source,group,split\n";

fn replica(rows: &str) -> (tempfile::TempDir, Loaded<Painting>) {
    let folder = testing::folder();
    let path = testing::write(folder.path(), "labelled.csv", format!("{HEADER}{rows}"));
    let set = read(&path, &Limits::default()).unwrap();
    (folder, set)
}

#[test]
fn a_full_row_and_a_sparse_one() {
    let (folder, set) = replica(
        "p1,images/p1.jpg,a-painter,a title,1900,Art_Nouveau_Modern,portrait,\
        Art_Nouveau_Modern/a-painter_a-title,5,awe,\"[0.0, 0.5, 1.0]\",302,384,1,src,g1,val\n\
        p2,images/p2.jpg,,,,,,,0,calm,,10,20,0,src,,\n",
    );
    let full = &set.rows[0];
    assert_eq!(full.file, folder.path().join("images/p1.jpg"));
    assert_eq!(full.emotion(), Some(Emotion::Awe));
    // 0, ½ and 1 are the ends and the middle of 1..7.
    let affect = full.affect().unwrap();
    assert_eq!((affect.valence(), affect.arousal()), (1.0, 4.0));
    assert_eq!(affect.dominance(), Some(7.0));
    assert!(full.stretched);
    assert_eq!((full.width, full.height), (302, 384));
    assert_eq!((full.group.as_str(), full.split), ("g1", Split::Val));

    let sparse = &set.rows[1];
    assert_eq!(sparse.artist, None);
    assert_eq!(sparse.style, None);
    assert_eq!(sparse.artemis_key, None);
    // D-ViSA's word is kept, but it is none of the nine.
    assert_eq!(sparse.dvisa_emotion.as_deref(), Some("calm"));
    assert_eq!(sparse.emotion(), None);
    assert_eq!(sparse.affect(), None);
    assert_eq!(sparse.group, "p2");
    assert_eq!(sparse.split, Split::of("p2"));
}

#[test]
fn art_nouveau_has_one_name() {
    let (_folder, set) =
        replica("p1,f.jpg,a,t,,Art_Nouveau,portrait,Art_Nouveau/a_t,5,,,1,1,0,s,g,train\n");
    assert_eq!(set.rows[0].style.as_deref(), Some("Art_Nouveau_Modern"));
    assert_eq!(
        set.rows[0].artemis_key.as_deref(),
        Some("Art_Nouveau_Modern/a_t")
    );
    assert_eq!(style_name("Ukiyo_e"), "Ukiyo_e");
}

#[test]
fn unusable_rows_are_left_out() {
    let (_folder, set) = replica(
        "p1,f.jpg,a,t,,S,g,,0,,\"[0.1, 0.2]\",1,1,0,s,g,train\n\
        p2,f.jpg,a,t,,S,g,,0,,\"[0.1, 0.2, 1.5]\",1,1,0,s,g,train\n\
        p3,f.jpg,a,t,,S,g,,0,,,0,1,0,s,g,train\n\
        p4,,a,t,,S,g,,0,,,1,1,0,s,g,train\n\
        p5,f.jpg,a,t,,S,g,,0,,,1,1,maybe,s,g,train\n\
        p6,f.jpg,a,t,,S,g,,0,,,1,1,0,s,g,train\n",
    );
    assert_eq!(set.rows.len(), 1);
    assert_eq!(set.rows[0].id, "p6");
    assert_eq!(set.report.bad, 5);
}

#[test]
fn the_join_accounts_for_everyone() {
    let (_folder, set) = replica(
        "p1,f.jpg,a,t,,S,g,S/a,0,,,1,1,0,s,p1,train\n\
        p2,f.jpg,a,t,,S,g,S/b,0,,,1,1,0,s,p2,train\n\
        p3,f.jpg,a,t,,S,g,,0,,,1,1,0,s,p3,train\n\
        p4,f.jpg,a,t,,S,g,S/a,0,,,1,1,0,s,p4,train\n",
    );
    let awe: Votes<Emotion> = [Emotion::Awe].into_iter().collect();
    let votes = BTreeMap::from([("S/a".to_owned(), awe.clone()), ("S/z".to_owned(), awe)]);
    let joined = join(&set.rows, &votes);
    let ids: Vec<_> = joined.pairs.iter().map(|(p, _)| p.id.as_str()).collect();
    assert_eq!(ids, ["p1", "p4"]);
    assert_eq!(joined.pairs[0].1.total(), 1);
    assert_eq!(joined.keyless, 1);
    assert_eq!(joined.without_votes, ["S/b"]);
    assert_eq!(joined.without_painting, 1);
}
