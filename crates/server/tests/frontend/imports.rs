//! `postroom user import`: people come with the passwords that they have elsewhere.

use std::collections::HashMap;

use crate::client::Client;
use crate::verbs::{ok, run};
use crate::world::World;

/// All by `doveadm pw` of the same password, but for one by `openssl passwd`.
const PASSWORD: &str = "Caffè e latte";
const USERS: &str = "\
name,groups,hash
bo,support night-shift,{SSHA}pDLqD+ChQYR6XIPExEVbrMZb5s9iRMC9
Cy@Example.org,support,{BLF-CRYPT}$2y$05$1Iyex/v4fXOMkKV8nq8wt.3PR7Ex1/2YBbYy6YtAfI.1ztI7PcKgS
di,,$6$wc0GRnMTONQQM1AQ$D5NHNSrckhLIFAlg2xFNy58fGzKcc2ZLWOVp.IArSl16nC8PjfzfltCRO1jUPHAU3kAdvd/xR/fyBWcT5LomZ/
eva,,
";

fn groups(settings: &HashMap<String, String>) -> String {
    ok(settings, &["group", "list"], "")
}

#[test]
fn imported_users_log_in_with_their_old_passwords_and_get_new_hashes() {
    World::play(&[], async |world, frontend| {
        let settings = world.settings(&[]);
        for group in ["support", "night-shift"] {
            ok(&settings, &["group", "add", group], "");
        }
        let import = ["user", "import", "-", "--format", "csv"];
        let trial = ok(&settings, &[&import[..], &["--dry-run"]].concat(), USERS);
        assert_eq!(trial, "4 users would be added, 0 were there already\n");
        let done = ok(&settings, &import, USERS);
        assert_eq!(done, "4 users added, 0 were there already\n");
        let members = "night-shift: bo\nsupport: bo cy@example.org\n";
        assert_eq!(groups(&settings), members);

        let store = world.store().await;
        for name in ["bo", "cy@example.org", "di"] {
            let mut client = Client::connect(frontend.addresses().imap[0]).await;
            client.greeting().await;
            let wrong = client.ask(&format!("LOGIN {name} \"caffe\"")).await;
            assert!(
                wrong[0].starts_with("t NO [AUTHENTICATIONFAILED]"),
                "{wrong:?}"
            );
            let login = format!("LOGIN {name} {{{}+}}\r\n{PASSWORD}", PASSWORD.len());
            client.ok(&login).await;
            let account = store.find_account(name).await.unwrap().unwrap();
            let hash = account.password_hash.unwrap();
            assert!(hash.starts_with("$argon2id$"), "{name}: {hash}");
            client.ok("NOOP").await;
        }

        // Again: they keep what they have by now.
        let again = ok(&settings, &import, USERS);
        assert_eq!(again, "0 users added, 4 were there already\n");
        let bo = store.find_account("bo").await.unwrap().unwrap();
        assert!(bo.password_hash.unwrap().starts_with("$argon2id$"));
    });
}

#[test]
fn a_file_with_a_wrong_line_imports_nobody() {
    World::play(&[], async |world, _| {
        let settings = world.settings(&[]);
        for (format, text, expected) in [
            (
                "csv",
                "name,hash\nbo,{MD5-CRYPT}$1$biZHqyVZ$7LRdi9ibj6vwNOw0zm7S31\na/b,\nbo,\nBO,\ncy,x,y\n",
                "postroom: line 2: bo: this kind of password hash is not supported\n\
             line 3: \"a/b\": a name has 1 to 255 bytes and no / * % or control characters\n\
             line 5: bo is in line 4, too\n\
             line 6: it has not as many fields as there are titles\n\
             nothing was imported\n",
            ),
            (
                "csv",
                "user,hash\nbo,\n",
                "postroom: line 1: titles are name, hash and groups, not \"user\"\n",
            ),
            (
                "jsonl",
                "{\"name\": \"bo\", \"groups\": [\"support\"]}\n\n# and so on\nbo\n",
                "postroom: line 1: bo: no group support\n\
             line 4: expected value at line 1 column 1\n\
             nothing was imported\n",
            ),
            (
                "passwd",
                "bo:{SSHA}pDLqD+ChQYR6XIPExEVbrMZb5s9iRMC9:1000:1000::/home/bo::x=y\ncy\ndi:secret\n",
                "postroom: line 2: there is no colon\n\
             line 3: di: this is not a password hash\n\
             nothing was imported\n",
            ),
        ] {
            let ended = run(
                &settings,
                &["user", "import", "-", "--format", format],
                text,
            );
            assert_eq!(
                (ended.code, ended.err.as_str()),
                (Some(1), expected),
                "{format}"
            );
        }
        let unnamed = run(&settings, &["user", "import", "users.txt"], "");
        assert_eq!(unnamed.code, Some(2), "{unnamed:?}");
        assert_eq!(ok(&settings, &["user", "list"], ""), "ada\n");
    });
}
