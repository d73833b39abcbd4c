//! Notices as SARIF's notifications.

use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, Notification, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
};

use super::super::ReportContext;
use super::super::visible::visible;
use super::artifacts::Listed;
use super::{places, sentence, text};
use crate::finding::{Location, Notice, NoticeKind};

/// All kinds of notices.
pub(super) fn descriptors() -> Vec<ReportingDescriptor> {
    let descriptor = |kind: NoticeKind| {
        let described = |words: &str| MultiformatMessageString::builder().text(words).build();
        let (name, meaning) = (kind.name().replace('-', " "), kind.meaning());
        let help = format!("What was not looked at may hold anything: {meaning}. The run ends with exit code 2.");
        ReportingDescriptor::builder()
            .id(kind.id())
            .name(kind.name())
            .short_description(described(&format!("Not fully looked at: {name}.")))
            .full_description(described(&format!("Not fully looked at: {meaning}.")))
            .help(described(&help))
            .default_configuration(ReportingConfiguration {
                level: Some(json!(level(kind))),
                ..ReportingConfiguration::default()
            })
            .build()
    };
    NoticeKind::ALL.into_iter().map(descriptor).collect()
}

/// What was read in part is a warning; of what was not read at all nothing is known.
fn level(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Unreadable
        | NoticeKind::InvalidNotebook
        | NoticeKind::Changed
        | NoticeKind::NothingToCheck
        | NoticeKind::InternalError => "error",
        NoticeKind::Undecodable | NoticeKind::SyntaxError | NoticeKind::LimitReached | NoticeKind::NotFullyRead => {
            "warning"
        }
    }
}

/// The notices of a run.
pub(super) fn of_notices(notices: &[Notice], context: &ReportContext<'_>, listed: &Listed<'_>) -> Vec<Notification> {
    let notification = |notice: &Notice| {
        let index = NoticeKind::ALL.iter().zip(0..).find(|(kind, _)| **kind == notice.kind).map(|(_, index)| index);
        let descriptor = ReportingDescriptorReference {
            id: Some(notice.kind.id().to_owned()),
            index,
            ..ReportingDescriptorReference::default()
        };
        Notification::builder()
            .descriptor(descriptor)
            .level(json!(level(notice.kind)))
            .message(text(sentence(&visible(&notice.message))))
            .locations(vec![place(notice, context, listed)])
            .build()
    };
    notices.iter().map(notification).collect()
}

fn place(notice: &Notice, context: &ReportContext<'_>, listed: &Listed<'_>) -> serde_sarif::sarif::Location {
    let whole = || serde_sarif::sarif::Location {
        physical_location: Some(serde_sarif::sarif::PhysicalLocation {
            artifact_location: Some(places::artifact_location(&notice.input, context, listed)),
            ..serde_sarif::sarif::PhysicalLocation::default()
        }),
        ..serde_sarif::sarif::Location::default()
    };
    notice.location.as_ref().map_or_else(whole, |location: &Location| places::wire(location, context, listed))
}

/// What a limit keeps out of the report; nothing if nothing is.
pub(super) fn left_out(count: usize, what: &str, most: usize) -> Option<Notification> {
    let words = format!(
        "{count} {what} are left out: a report holds {most}, those that matter most; the format json holds all."
    );
    (count > 0).then(|| Notification::builder().level(json!("warning")).message(text(words)).build())
}
