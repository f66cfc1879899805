use super::sample::*;
use crate::cert::{Certificate, Document, Known, read, read_known};

#[test]
fn a_bundle_of_files_that_were_read_is_the_same_as_if_it_were_read_itself() {
    let serial = |last| Sample {
        serial: vec![2, 1, last],
        ..Sample::default()
    };
    let [one, two, three] = [1, 2, 3].map(|last| serial(last).read().unwrap().to_pem());
    let bare = two.trim_end();
    let pair = format!("{one}{three}");
    let crlf = one.replace('\n', "\r\n");
    let text = format!("Root\n{one}");
    let marked = format!("\u{feff}{one}");
    let long = one.replacen('\n', "\n ", 2);
    let rubbish = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (files, bundle, is_joined) in [
        (
            &[&*one, &two, &three][..],
            format!("{one}{two}{three}"),
            true,
        ),
        (&[&one, bare, &three], format!("{one}{two}{three}"), true),
        (
            &[&one, rubbish, &pair],
            format!("{one}{rubbish}{pair}"),
            true,
        ),
        (&[&one, &two, &three], format!("{one}{three}"), true),
        (&[&one, &two], format!("{two}{one}"), false),
        (&[&one, bare, &three], format!("{one}{bare}{three}"), false),
        (&[&one], format!("{one}x"), false),
        (&[&one], format!("{one}\n"), false),
        (&[&one, &two], two[..two.len() - 1].to_string(), false),
        (&[&crlf, &two], format!("{crlf}{two}"), false),
        (&[&text, &two], format!("{text}{two}"), false),
        (&[&marked, &two], format!("{marked}{two}"), false),
        (&[&long, &two], format!("{long}{two}"), false),
        (&[&one], String::new(), false),
    ] {
        let read_files: Vec<Document> = files.iter().map(|file| read(file.as_bytes())).collect();
        let known = files.iter().map(|file| file.as_bytes()).zip(&read_files);
        let joined = Document::joined(bundle.as_bytes(), known);
        assert_eq!(joined.is_some(), is_joined, "{bundle}");
        if let Some(joined) = joined {
            let whole = read(bundle.as_bytes());
            assert_eq!(format!("{joined:?}"), format!("{whole:?}"));
        }
    }
    let binary = serial(1).read().unwrap();
    let document = read(binary.der());
    let bundle = [binary.der(), b"\n"].concat();
    assert!(Document::joined(&bundle, [(binary.der(), &document)]).is_none());
}

#[test]
fn a_certificate_with_the_same_end_as_one_read_before_is_another() {
    let serial = |last| Sample {
        serial: vec![2, 1, last],
        ..Sample::default()
    };
    let (first, second) = (serial(1).read().unwrap(), serial(2).read().unwrap());
    assert_eq!(first.der().last_chunk::<16>(), second.der().last_chunk());
    let mut known = Known::default();
    for expected in [&first, &second, &first, &second] {
        let document = read_known(expected.to_pem().as_bytes(), &mut known);
        let found: Vec<&Certificate> = document.certificates().map(|(_, found)| found).collect();
        assert_eq!(found, [expected]);
    }
}
