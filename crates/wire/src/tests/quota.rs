//! RFC 9208, read and said.

use mail::{Resource, Usage};

use super::{body, complaint, name};
use crate::Body;
use crate::say::{self, Speech};

#[test]
fn the_commands_of_the_rfc_are_read() {
    for (command, expected) in [
        (
            r##"GETQUOTA "#user/alice""##,
            Body::GetQuota("#user/alice".into()),
        ),
        ("getquota \"\"", Body::GetQuota(String::new())),
        ("GETQUOTAROOT inbox", Body::GetQuotaRoot(name("inbox"))),
        (
            r#"SETQUOTA "!partition/sda4" (STORAGE 99999999)"#,
            Body::SetQuota {
                root: "!partition/sda4".into(),
                limits: vec![("STORAGE".into(), 99_999_999)],
            },
        ),
        (
            "SETQUOTA user/ada (storage 5 Message 9223372036854775807)",
            Body::SetQuota {
                root: "user/ada".into(),
                limits: vec![("storage".into(), 5), ("Message".into(), (1 << 63) - 1)],
            },
        ),
        (
            "SETQUOTA user/ada ()",
            Body::SetQuota {
                root: "user/ada".into(),
                limits: vec![],
            },
        ),
    ] {
        assert_eq!(body(command).as_ref(), Ok(&expected), "{command}");
    }
    for command in [
        "GETQUOTA",
        "SETQUOTA user/ada",
        "SETQUOTA user/ada (STORAGE)",
        "SETQUOTA user/ada (STORAGE -1)",
        "SETQUOTA user/ada (STORAGE 9223372036854775808)",
        "SETQUOTA user/ada STORAGE 1",
    ] {
        complaint(command);
    }
}

#[test]
fn the_responses_of_the_rfc_are_written() {
    let speech = Speech { utf8: false };
    let usage = |resource, used, limit| Usage {
        resource,
        used,
        limit,
    };
    let mut out = Vec::new();
    let usages = [
        usage(Resource::Storage, 54, 111),
        usage(Resource::Message, 42, 1000),
    ];
    say::quota(&mut out, speech, "#user/alice", &usages);
    say::quota(&mut out, speech, "", &[]);
    say::quota_root(
        &mut out,
        speech,
        "INBOX",
        ["#user/alice", "!partition/sda4"],
    );
    say::quota_root(&mut out, speech, "comp.mail.mime", []);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "* QUOTA #user/alice (STORAGE 54 111 MESSAGE 42 1000)\r\n\
         * QUOTA \"\" ()\r\n\
         * QUOTAROOT INBOX #user/alice !partition/sda4\r\n\
         * QUOTAROOT comp.mail.mime\r\n"
    );
}
