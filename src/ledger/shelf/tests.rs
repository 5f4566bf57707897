//! What can go wrong with the file, each with its sentence.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::*;
use crate::domain::{AccountId, ItemKey, Kind, Region, Scope};
use crate::ledger::{Verb, Who};
use crate::lifecycle::Owner;

fn remark(number: usize, at: i64) -> Act {
    Act {
        id: format!("act-{number}").into(),
        who: Who {
            owner: Owner::new("ana", "arn"),
            session: "s".into(),
        },
        at: Timestamp::from_secs(at),
        key: ItemKey {
            kind: Kind::Alarm,
            scope: Scope {
                account: AccountId::new(111_111_111_111).unwrap(),
                region: Region::GLOBAL,
            },
            id: format!("alarm-{number}").into(),
        },
        verb: Verb::Comment {
            episode: Timestamp::ZERO,
            text: "x".repeat(1_000).into(),
        },
    }
}

#[test]
fn a_network_home_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let wrong = shelf::open_on(&path, &FORM, Some("NFS")).unwrap_err();
    let trouble = told(&path, &wrong);
    assert_eq!(trouble.kind, TroubleKind::Unfit);
    assert!(trouble.message.contains("lies on NFS"), "{trouble}");
    assert!(trouble.message.contains("[ledger] path"), "{trouble}");
    assert!(!path.exists(), "nothing was made there");
}

#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut shelf = Shelf::open(&path).unwrap();
    shelf.act(&[remark(0, 10)]).unwrap();
    let pages: i64 = shelf
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    shelf
        .connection
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let acts: Vec<Act> = (1..50).map(|n| remark(n, 11)).collect();
    let trouble = told(&path, &shelf.act(&acts).unwrap_err().into());
    assert_eq!(trouble.kind, TroubleKind::Full);
    assert!(trouble.message.contains("full"), "{trouble}");
    // All or nothing: an act that was answered with trouble is not half there.
    assert_eq!(shelf.news(Cursor(0)).unwrap().entries.len(), 1);
}

#[test]
fn a_file_of_a_later_version_and_a_file_of_something_else_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let shelf = Shelf::open(&path).unwrap();
    shelf
        .connection
        .pragma_update(None, "user_version", FORM.number + 1)
        .unwrap();
    drop(shelf);
    assert!(
        Shelf::open(&path)
            .unwrap_err()
            .message
            .contains("later noctop")
    );

    let other = folder.path().join("notes.txt");
    fs::write(&other, "not a database at all, but a long enough text").unwrap();
    let trouble = Shelf::open(&other).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Malformed, "{trouble}");
    assert!(
        fs::read_to_string(&other)
            .unwrap()
            .starts_with("not a database")
    );
}

#[test]
fn only_a_shared_folder_makes_a_shared_file() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    let own = folder.path().join("own/ledger.db");
    Shelf::open(&own).unwrap();
    assert_eq!(mode(&own), 0o600);
    assert_eq!(mode(own.parent().unwrap()), 0o700);
    let team = folder.path().join("team");
    fs::create_dir(&team).unwrap();
    fs::set_permissions(&team, Permissions::from_mode(0o770)).unwrap();
    let shared = team.join("ledger.db");
    let mut shelf = Shelf::open(&shared).unwrap();
    shelf.act(&[remark(0, 10)]).unwrap();
    assert_eq!(mode(&shared), 0o660);
    assert_eq!(mode(&team.join("ledger.db-wal")), 0o660);
}

#[test]
fn what_is_long_over_is_forgotten_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let month = i64::try_from(KEEP.as_secs()).unwrap();
    let mut shelf = Shelf::open(&path).unwrap();
    shelf.act(&[remark(0, 10), remark(1, 20)]).unwrap();
    drop(shelf);
    let mut shelf = Shelf::open(&path).unwrap();
    shelf.act(&[remark(2, month + 15)]).unwrap();
    let news = shelf.news(Cursor(0)).unwrap();
    let mut names: Vec<_> = news.entries.iter().map(|e| e.key.id.to_string()).collect();
    names.sort();
    assert_eq!(names, ["alarm-1", "alarm-2"]);
}

#[test]
fn a_reading_brings_what_came_after_the_last_and_everything_when_the_file_was_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::open(&folder.path().join("ledger.db")).unwrap();
    shelf.act(&[remark(0, 10), remark(1, 10)]).unwrap();
    let first = shelf.news(Cursor::default()).unwrap();
    assert!(first.whole && first.entries.len() == 2);
    assert!(shelf.news(first.cursor).unwrap().entries.is_empty());
    shelf.act(&[remark(2, 11)]).unwrap();
    let second = shelf.news(first.cursor).unwrap();
    assert!(!second.whole && second.entries.len() == 1);
    let put_back = shelf.news(Cursor(second.cursor.0 + 7)).unwrap();
    assert!(put_back.whole && put_back.entries.len() == 3);
}
