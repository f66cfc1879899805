//! The JSON Schema that is shipped with the package, as the judge of every report.

use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// What is wrong with a report. A key that the schema does not name is a fault here, although the schema lets
/// later versions add some: whatever we write is to be described.
pub(crate) fn faults(report: &Value) -> Vec<String> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/trustctl.schema.json");
        let mut schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        schema["additionalProperties"] = false.into();
        close(&mut schema["$defs"]);
        jsonschema::validator_for(&schema).unwrap()
    });
    validator
        .iter_errors(report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Forbids keys that are not named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".into(), false.into());
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
