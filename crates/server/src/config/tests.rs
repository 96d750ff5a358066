//! What operators write, and what they are told.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use session::MessageLimit;

use super::{
    CertificateName, Config, KeySource, ListenAddress, LogFormat, Mistakes, OverQuota, Sources,
    WithoutTls, reference,
};

fn sources(toml: &str, variables: &[(&str, &str)]) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postroom.toml");
    std::fs::write(&file, toml).unwrap();
    let sources = Sources {
        file: Some(file),
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        surroundings: super::sources::Surroundings {
            host_name: "ship".to_owned(),
            state_dir: folder.path().to_owned(),
            memory_bytes: Some(4 * 1024 * 1024 * 1024),
            otlp: super::sources::OtlpVariables::default(),
        },
    };
    (folder, sources)
}

fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let (_folder, sources) = sources(toml, variables);
    Config::load(&sources)
}

fn keys_of(mistakes: &Mistakes) -> Vec<&str> {
    mistakes
        .0
        .iter()
        .map(|mistake| mistake.key.as_str())
        .collect()
}

#[test]
fn nothing_configured_is_a_working_server() {
    let config = load("", &[]).unwrap();
    assert!(config.database.url.is_none());
    assert!(config.tls.default.is_none() && config.tls.folders.is_empty());
    assert!(config.otlp.is_none());
    assert_eq!(config.node.name, "ship");
    assert_eq!(config.listen.imap, ["0.0.0.0:1143".parse().unwrap()]);
    assert_eq!(config.login.without_tls, WithoutTls::Never);
    assert_eq!(config.timeouts.autologout, Duration::from_secs(1800));
    assert_eq!(config.limits.message_bytes, mail::limits::MESSAGE_BYTES_MAX);
}

#[test]
fn the_bus_is_nats_and_its_password_is_shown_to_nobody() {
    let written = "[bus]\nurl = \"tls://a:pass@x:1,tls://y\"\ncertificate = \"/c\"\nkey = \"/k\"";
    let bus = load(written, &[]).unwrap().bus;
    assert_eq!(
        bus.url.as_ref().unwrap().expose(),
        "tls://a:pass@x:1,tls://y"
    );
    assert!(!format!("{bus:?}").contains("pass"));
    let mistakes = "[bus]\nurl = \"http://a:pass@x\"\nsubject = \"a..b\"\nkey = \"/k\"";
    let mistakes = load(mistakes, &[]).unwrap_err();
    assert_eq!(
        keys_of(&mistakes),
        ["bus.url", "bus.subject", "bus.certificate"]
    );
    assert!(!mistakes.to_string().contains("pass"));
}

#[test]
fn a_directory_is_asked_in_tls_unless_somebody_says_otherwise() {
    let ldap = |more: &str| {
        let written = format!("[ldap]\nbase = \"dc=x\"\n{more}");
        load(&written, &[]).unwrap().ldap.unwrap()
    };
    for (more, starttls) in [
        ("url = \"ldap://10.0.0.1\"", true),
        ("url = \"ldap://localhost\"", true),
        (
            "url = \"ldap://localhost\"\nstarttls = \"except_loopback\"",
            false,
        ),
        (
            "url = \"ldap://[::1], ldap://10.0.0.1\"\nstarttls = \"except_loopback\"",
            true,
        ),
        ("url = \"ldap://10.0.0.1\"\nstarttls = \"never\"", false),
    ] {
        assert_eq!(ldap(more).settings.servers.starttls, starttls, "{more}");
    }
    let password = "url = \"ldaps://x\"\nbind_dn = \"cn=y\"\nbind_password = \"s3cret\"";
    assert!(!format!("{:?}", ldap(password)).contains("s3cret"));
    assert!(load("", &[]).unwrap().ldap.is_none());
    let mistakes = "[ldap]\nurl = \"ldapi:///\"\nbind_dn = \"cn=y\"\nfilter = \"uid={user}\"\nconnections = 0\nsync_every = \"1h\"";
    let mistakes = load(mistakes, &[]).unwrap_err();
    assert_eq!(
        keys_of(&mistakes),
        [
            "ldap.url",
            "ldap.bind_dn",
            "ldap.base",
            "ldap.filter",
            "ldap.connections",
            "ldap.sync_every"
        ]
    );
}

#[test]
fn variables_win_over_the_file() {
    let toml = "[listen]\nimap = ['127.0.0.1:1', '127.0.0.1:2']\n[log]\nformat = 'pretty'\n";
    let config = load(
        toml,
        &[
            ("POSTROOM_LOG__FORMAT", "json"),
            ("POSTROOM_LISTEN__IMAPS", "127.0.0.1:3, [::1]:4"),
        ],
    )
    .unwrap();
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.listen.imap.len(), 2);
    assert_eq!(config.listen.imaps[1], "[::1]:4".parse().unwrap());
}

#[test]
fn messages_of_a_command_are_bounded_where_somebody_says_so() {
    let every = |announced, enforced| MessageLimit::Every {
        announced,
        enforced,
    };
    for (limits, expected) in [
        ("", MessageLimit::None),
        ("messages_per_command = 2000", every(2000, Some(2000))),
        ("messages_announced = 1000", every(1000, None)),
        (
            "messages_announced = 1000\nmessages_per_command = 2000",
            every(1000, Some(2000)),
        ),
        ("messages_per_copy = 1000", MessageLimit::Saving(1000)),
    ] {
        let config = load(&format!("[limits]\n{limits}\n"), &[]).unwrap();
        assert_eq!(config.limits.messages, expected, "{limits}");
    }
    for (limits, key) in [
        ("messages_per_command = 0", "limits.messages_per_command"),
        (
            "messages_announced = 3\nmessages_per_command = 2",
            "limits.messages_announced",
        ),
        (
            "messages_announced = 3\nmessages_per_copy = 2",
            "limits.messages_per_copy",
        ),
    ] {
        let mistakes = load(&format!("[limits]\n{limits}\n"), &[]).unwrap_err();
        assert_eq!(keys_of(&mistakes), [key], "{limits}");
    }
}

#[test]
fn variables_of_kubernetes_services_are_no_settings() {
    load(
        "",
        &[
            ("POSTROOM_PORT_1143_TCP_ADDR", "10.0.0.1"),
            ("POSTROOM_SERVICE_HOST", "10.0.0.1"),
            ("POSTROOM_CONFIG", "/elsewhere"),
            // What `--server` and the like say otherwise.
            ("POSTROOM_SERVER", "https://mail.example.org"),
            ("POSTROOM_TOKEN_FILE", "/run/secrets/token"),
            ("POSTROOM_CA_FILE", "/run/secrets/ca.pem"),
        ],
    )
    .unwrap();
}

#[test]
fn all_mistakes_are_listed_at_once() {
    let mistakes = load(
        "[database]\nurl = 'mysql://x'\nconnections = 'many'\n\
         [listen]\nimap = 'here'\nsmtp = '0.0.0.0:25'\n\
         [tls]\ncertificate = '/c.pem'\n\
         [login]\nwithout_tls = 'sometimes'\n\
         [names]\nothers = 'A'\nshared = 'A'\n\
         [timeouts]\nautologout = '5min'\nlogin = 'soon'\n\
         [limits]\nliteral_bytes_in_flight = '1MiB'\n\
         [telemetry]\nratio = 2\notlp_endpoint = 'collector'\n",
        &[("POSTROOM_LOG__LEVEL", "debug")],
    )
    .unwrap_err();
    assert_eq!(
        keys_of(&mistakes),
        [
            "database.url",
            "database.connections",
            "listen.imap",
            "tls.certificate",
            "login.without_tls",
            "names.others",
            "limits.literal_bytes_in_flight",
            "timeouts.login",
            "timeouts.autologout",
            "telemetry.ratio",
            "telemetry.otlp_endpoint",
            "listen.smtp",
            "log.level",
        ]
    );
    let words = mistakes.to_string();
    assert!(
        words.contains("expected a whole number, found \"many\" in "),
        "{words}"
    );
    assert!(
        words.contains("no such setting (in the environment)"),
        "{words}"
    );
    assert!(
        !words.contains("mysql"),
        "a URL may hold a password: {words}"
    );
}

#[test]
fn an_address_is_listened_on_once() {
    for (listen, expected) in [
        (
            "imap = \"127.0.0.1:1993\"",
            "listen.imaps: 0.0.0.0:1993 is taken by listen.imap",
        ),
        (
            "imap = \"0.0.0.0:1993\"\nimaps = \"[::]:1993\"",
            "listen.imaps: [::]:1993 is taken by listen.imap",
        ),
        (
            "imap = \"[::]:8080\"",
            "listen.http: 127.0.0.1:8080 is taken by listen.imap",
        ),
        (
            "lmtp = \"127.0.0.1:24, 127.0.0.1:24\"",
            "listen.lmtp: 127.0.0.1:24 is taken by listen.lmtp",
        ),
        (
            "lmtp = \"unix:/a\"\nmaps = \"unix:/a\"",
            "listen.maps: unix:/a is taken by listen.lmtp",
        ),
    ] {
        let said = load(&format!("[listen]\n{listen}"), &[])
            .unwrap_err()
            .to_string();
        assert!(said.ends_with(expected), "{said}");
    }
    for listen in [
        "imap = \"127.0.0.1:0\"\nimaps = \"127.0.0.1:0\"",
        "imap = \"127.0.0.1:143, [::1]:143\"",
        "imap = \"0.0.0.0:143, [::1]:143\"",
        "imap = \"127.0.0.1:143, 127.0.0.2:143\"",
    ] {
        load(&format!("[listen]\n{listen}"), &[]).unwrap();
    }
}

#[test]
fn a_database_url_that_leads_nowhere_is_found_and_not_shown() {
    for url in [
        "postgres://mail:pa/ss@db/mail",
        "postgres://mail:pa#ss@db/mail",
    ] {
        let said = load(&format!("[database]\nurl = \"{url}\""), &[]).unwrap_err();
        assert_eq!(keys_of(&said), ["database.url"]);
        let said = said.to_string();
        assert!(said.contains("%2F") && !said.contains("mail:"), "{said}");
    }
}

#[test]
fn slips_are_told_what_may_be_meant() {
    let slips = [
        ("POSTROOM_DATABASE__CONECTIONS", "3"),
        ("POSTROOM_TOTALLY__OTHER", "3"),
        ("POSTROOM_DATABASE_READ_URL_FILE", "/x"),
        // Kubernetes sets such for a service of our name.
        ("POSTROOM_PORT", "tcp://10.0.0.1:143"),
        ("POSTROOM_SERVICE_HOST", "10.0.0.1"),
    ];
    let words = load("", &slips).unwrap_err().to_string();
    let lines: Vec<_> = words.lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "database.conections: no such setting (in the environment); is database.connections meant?",
            "totally.other: no such setting (in the environment)",
            "database.read_url_file: the variable POSTROOM_DATABASE_READ_URL_FILE says nothing: its name is POSTROOM_DATABASE__READ_URL_FILE",
        ]
    );
}

#[test]
fn a_broken_file_says_where() {
    let mistakes = load("[database\n", &[]).unwrap_err();
    assert!(mistakes.to_string().contains("postroom.toml"), "{mistakes}");
}

#[test]
fn a_secret_comes_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    std::fs::write(&secret, "postgres://mail:pass@db/mail\n").unwrap();
    let variable = ("POSTROOM_DATABASE__URL_FILE", secret.to_str().unwrap());
    let url = load("", &[variable]).unwrap().database.url.unwrap();
    assert_eq!(url.expose(), "postgres://mail:pass@db/mail");
    assert!(!format!("{url:?}").contains("pass"));

    let direct = ("POSTROOM_DATABASE__URL", "postgres://x");
    let both = load("", &[direct, variable]).unwrap_err();
    assert_eq!(keys_of(&both), ["database.url"]);
    // A variable overrides the file, whichever of the two forms each has.
    for (toml, variable, expected) in [
        (
            "database.url = 'postgres://y'",
            variable,
            "postgres://mail:pass@db/mail",
        ),
        ("database.url_file = '/no/such'", direct, "postgres://x"),
    ] {
        let url = load(toml, &[variable]).unwrap().database.url.unwrap();
        assert_eq!(url.expose(), expected);
    }
    let missing = load("", &[("POSTROOM_DATABASE__URL_FILE", "/no/such")]).unwrap_err();
    assert!(missing.to_string().contains("/no/such"), "{missing}");
}

#[test]
fn the_reference_is_itself_a_configuration() {
    let written: String = reference()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(written.contains("\nconnections = 8\n"), "{written}");
    load(&written, &[]).unwrap();
}

#[test]
fn the_file_is_named_or_usual() {
    let variables = HashMap::from([("POSTROOM_CONFIG".to_owned(), "/b".to_owned())]);
    let find = |named: Option<&str>| super::find_file(named.map(Path::new), &variables);
    assert_eq!(find(Some("/a")).as_deref(), Some(Path::new("/a")));
    assert_eq!(find(None).as_deref(), Some(Path::new("/b")));
}

#[test]
fn budgets_fit_the_memory_or_it_is_said() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.limits.memory_bytes, 4 << 30);
    assert_eq!(config.limits.connections, 20_000);
    assert_eq!(config.limits.cache_bytes, 512 << 20);
    let more = "[limits]\nmemory_bytes = '512MiB'\ncache_bytes = '400MiB'\n";
    assert_eq!(
        keys_of(&load(more, &[]).unwrap_err()),
        ["limits.memory_bytes"]
    );
    let less = "[limits]\nmemory_bytes = '512MiB'\nmessage_bytes = '16MiB'\n";
    assert_eq!(load(less, &[]).unwrap().limits.connections, 4096);
}

#[test]
fn letters_are_taken_where_and_from_whom_somebody_says() {
    let none = load("", &[]).unwrap();
    assert!(none.listen.lmtp.is_empty() && none.listen.lmtps.is_empty());
    let toml = "[listen]\nlmtp = ['127.0.0.1:24', 'unix:/run/lmtp']\n\
                [lmtp]\ntrusted_networks = ['192.0.2.0/24']\njunk_header = ['X-Junk: 1']\n\
                duplicates = 'queue-id'\nover_quota = 'temporary'\n";
    let config = load(
        toml,
        &[("POSTROOM_LMTP__NAME_SUBMITTERS", "unix, 192.0.2.7")],
    )
    .unwrap();
    assert_eq!(
        config.listen.lmtp,
        [
            ListenAddress::Tcp("127.0.0.1:24".parse().unwrap()),
            ListenAddress::Unix("/run/lmtp".into()),
        ]
    );
    let lmtp = &config.lmtp;
    assert!(lmtp.trusted_networks.has("192.0.2.9".parse().ok()));
    assert!(!lmtp.trusted_networks.has(None) && lmtp.name_submitters.has(None));
    assert_eq!(lmtp.junk_header, ["X-Junk: 1".parse().unwrap()]);
    assert_eq!(lmtp.over_quota, OverQuota::Temporary);
    for (key, value) in [
        ("listen.lmtp", "unix:lmtp"),
        ("listen.lmtp", "localhost"),
        ("lmtp.trusted_networks", "lan"),
        ("lmtp.junk_header", "X-Junk"),
        ("lmtp.duplicates", "on"),
        ("lmtp.duplicate_window", "8d"),
        ("lmtp.connections", "0"),
    ] {
        let variable = format!("POSTROOM_{}", key.replace('.', "__").to_uppercase());
        let mistakes = load("", &[(&variable, value)]).unwrap_err();
        assert_eq!(keys_of(&mistakes), [key], "{value}");
    }
}

#[test]
fn mechanisms_are_offered_in_their_order_and_tokens_are_of_somebody() {
    let names = |config: &Config| {
        let mechanisms = config.login.mechanisms.iter();
        mechanisms.map(|it| it.as_str()).collect::<Vec<_>>()
    };
    let none = load("", &[]).unwrap();
    assert_eq!(names(&none), ["PLAIN", "LOGIN"]);
    assert!(none.oauth.is_none());
    let provider = "[oauth]\nissuer = 'https://id.example.org'\naudience = 'mail, postroom'\n\
                    keys = 'https://id.example.org/jwks'\nalgorithms = ['EdDSA']\n";
    let all = "LOGIN, plain, XOAUTH2 OAUTHBEARER, scram-sha-256";
    let config = load(provider, &[("POSTROOM_LOGIN__MECHANISMS", all)]).unwrap();
    let ordered = ["SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"];
    assert_eq!(names(&config), ordered);
    let oauth = config.oauth.unwrap();
    assert_eq!(oauth.rules.audiences, ["mail", "postroom"]);
    assert_eq!(oauth.rules.algorithms, [auth::Algorithm::EdDsa]);
    for (key, value) in [
        ("login.mechanisms", "CRAM-MD5"),
        ("login.mechanisms", "PLAIN"),
        ("oauth.audience", ""),
        ("oauth.keys", "http://id.example.org/jwks"),
        ("oauth.keys", "ftp://id.example.org/jwks"),
        ("oauth.algorithms", "HS256"),
        ("oauth.algorithms", "none"),
        ("oauth.clock_skew", "11min"),
        ("oauth.keys_every", "10s"),
    ] {
        let variable = format!("POSTROOM_{}", key.replace('.', "__").to_uppercase());
        let offered = ("POSTROOM_LOGIN__MECHANISMS", "OAUTHBEARER");
        let mistakes = load(provider, &[offered, (&variable, value)]).unwrap_err();
        assert!(
            keys_of(&mistakes).contains(&key),
            "{key} {value}: {mistakes}"
        );
    }
    let alone = load("", &[("POSTROOM_LOGIN__MECHANISMS", "OAUTHBEARER")]).unwrap_err();
    assert_eq!(keys_of(&alone), ["login.mechanisms"]);
}

#[test]
fn a_provider_is_for_the_pages_and_the_api_too_where_they_are_told_apart() {
    let issuer = "[oauth]\nissuer = 'https://id.example.org/mail'\n";
    let with = |more: &str| load(&format!("{issuer}{more}"), &[]);
    let pages = with("client_id = 'pages'\nclient_secret = 's'").unwrap();
    let oauth = pages.oauth.unwrap();
    assert_eq!((oauth.keys, oauth.api), (KeySource::Discovery, None));
    let sign_in = oauth.sign_in.unwrap();
    assert_eq!(
        (sign_in.name.as_str(), sign_in.endpoints),
        ("id.example.org", None)
    );
    let rules = |more: &str| {
        let api = with(more).unwrap().oauth.unwrap().api.unwrap();
        (api.audiences.concat(), api.scope)
    };
    let scope = Some("postroom:api".to_owned());
    assert_eq!(rules("api_audience = 'api'"), ("api".to_owned(), None));
    assert_eq!(
        rules("audience = 'mail'\napi_scope = 'postroom:api'"),
        ("mail".to_owned(), scope)
    );
    for (more, key) in [
        ("", "oauth.audience"),
        ("api_scope = 'postroom:api'", "oauth.audience"),
        (
            "client_id = 'pages'\napi_scope = 'postroom:api'",
            "oauth.api_audience",
        ),
        (
            "client_id = 'pages'\napi_audience = 'pages'",
            "oauth.api_audience",
        ),
        (
            "audience = 'mail'\napi_audience = 'api, mail'",
            "oauth.api_audience",
        ),
        (
            "client_id = 'pages'\ntoken_endpoint = 'https://id.example.org/token'",
            "oauth.token_endpoint",
        ),
        (
            "client_id = 'pages'\ntoken_endpoint = 'http://id.example.org/token'\nauthorization_endpoint = 'https://x/'",
            "oauth.token_endpoint",
        ),
        (
            "audience = 'mail'\n[web]\npasswords = false",
            "web.passwords",
        ),
    ] {
        let mistakes = with(more).unwrap_err();
        assert!(keys_of(&mistakes).contains(&key), "{more}: {mistakes}");
    }
    with("audience = 'mail'\nclient_id = 'pages'").unwrap();
    with("client_id = 'pages'\n[web]\npasswords = false").unwrap();
    let nobody = load("[oauth]\nclient_id = 'pages'\n", &[]).unwrap_err();
    assert_eq!(keys_of(&nobody), ["oauth.client_id"]);
    let opaque = load("[oauth]\nissuer = 'id'\nclient_id = 'pages'\n", &[]).unwrap_err();
    assert_eq!(
        keys_of(&opaque),
        ["oauth.authorization_endpoint", "oauth.keys"]
    );
}

#[test]
fn certificates_of_clients_let_them_in_where_both_settings_say_so() {
    let authorities = ("POSTROOM_TLS__CLIENT_CA", "/ca.pem");
    let external = ("POSTROOM_LOGIN__MECHANISMS", "PLAIN, external");
    let config = load("", &[authorities, external]).unwrap();
    assert_eq!(config.login.mechanisms[0].as_str(), "EXTERNAL");
    let clients = config.tls.clients.unwrap();
    assert_eq!(clients.authorities, Path::new("/ca.pem"));
    assert_eq!(
        (clients.revoked, clients.name),
        (None, CertificateName::EmailOrCommonName)
    );
    for alone in [authorities, external] {
        let mistakes = load("", &[alone]).unwrap_err();
        assert_eq!(keys_of(&mistakes), ["login.mechanisms"], "{alone:?}");
    }
    let revoked = load("", &[("POSTROOM_TLS__CLIENT_CRL", "/crl.pem")]).unwrap_err();
    assert_eq!(keys_of(&revoked), ["tls.client_crl"]);
}
