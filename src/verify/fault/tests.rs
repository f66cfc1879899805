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

#[test]
fn form_is_excused_in_an_anchor_of_the_own_store_and_where_no_purpose_is_asked_for() {
    use Role::{Anchor, Intermediate};
    use Severity::{Error, Warning};
    let code = Code::SubjectKeyMissing;
    // Without `--strict` form is shown and decides nothing, but for the profile that is nothing else.
    for (profile, expected) in [("rfc5280", Warning), ("webpki", Error)] {
        let mut options = Options::at(0);
        options.profile = super::super::Profile::named(profile).unwrap();
        assert_eq!(code.severity(Intermediate, &options), Some(expected));
    }
    for (role, own_store, purpose, expected) in [
        (Anchor, false, Purpose::Server, Some(Error)),
        (Anchor, true, Purpose::Server, Some(Warning)),
        (Intermediate, true, Purpose::Server, Some(Error)),
        (Intermediate, false, Purpose::Any, Some(Warning)),
        (Role::Leaf, false, Purpose::Server, Some(Warning)),
    ] {
        let mut options = Options::at(0);
        options.strict = true;
        (options.own_store, options.purpose) = (own_store, purpose);
        let found = code.severity(role, &options);
        assert_eq!(found, expected, "{role:?} {own_store} {purpose:?}");
        options.profile = super::super::Profile::named("openssl").unwrap();
        assert_eq!(code.severity(role, &options), None, "{role:?}");
        // What breaks the path itself is never excused.
        let found = Code::CriticalExtension.severity(role, &options);
        assert_eq!(found, Some(Error), "{role:?}");
    }
}
