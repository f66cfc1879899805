use super::*;

#[test]
fn the_table_is_in_the_order_of_the_codes_and_names_are_unique() {
    for (place, row) in TABLE.iter().enumerate() {
        assert_eq!(row.code as usize, place);
        assert_eq!(
            TABLE.iter().filter(|other| other.name == row.name).count(),
            1,
            "{}",
            row.name
        );
        assert!(row.code == Code::Internal || !row.reference.is_empty());
    }
}

#[test]
fn the_jdk_without_tls_judges_anchors_by_their_dates_alone() {
    let mut options = Options {
        profile: super::super::Profile::named("java").unwrap(),
        ..Options::at(0)
    };
    for (code, role, with_tls, without) in [
        (Code::NotCa, Role::Anchor, true, false),
        (Code::MayNotSign, Role::Anchor, true, false),
        (Code::AnchorKeyMismatch, Role::Leaf, true, false),
        (Code::Expired, Role::Anchor, false, true),
        (Code::NotYetValid, Role::Anchor, false, true),
        (Code::NotCa, Role::Intermediate, true, true),
    ] {
        for (purpose, refused) in [(Purpose::Server, with_tls), (Purpose::Any, without)] {
            options.purpose = purpose;
            let found = code.severity(role, &options) == Some(Severity::Error);
            assert_eq!(found, refused, "{code:?} {role:?} {purpose:?}");
        }
    }
}

#[test]
fn faults_are_counted_up_to_a_bound() {
    let options = Options::at(0);
    let mut faults = Faults::new(&options);
    for _ in 0..2 * MOST {
        faults.note(Code::NotCa, Role::Intermediate, 1, String::new);
    }
    assert_eq!(faults.list.len(), MOST);
}
