//! A directory with some people, and frontends that ask it.

use std::collections::HashSet;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, Mod};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use testkit::{Client, Cluster, Heard, Slapd, Stage, World};
use tokio::task::block_in_place;
use tokio::time::{interval, timeout};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two looks.
const GLANCE: Duration = Duration::from_millis(50);

const CONF: &str = r#"
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
TLSCertificateFile cert.pem
TLSCertificateKeyFile key.pem
database mdb
maxsize 10485760
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw admin
directory ./data
overlay ppolicy
ppolicy_default "cn=policy,dc=example,dc=org"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=postroom,dc=example,dc=org" read by self read by anonymous auth by * none
"#;

const ENTRIES: &str = "\
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=postroom,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: postroom
userPassword: searching

dn: cn=policy,dc=example,dc=org
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups
";

/// A directory, and frontends that ask it.
pub(crate) struct Site {
    pub(crate) directory: Slapd,
    pub(crate) stage: Stage,
    cluster: Cluster,
}

/// What `certificate` a test's directory has: the authority, the certificate, the key.
fn certificates() -> (String, String, String) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let signed = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    (signed.pem(), certificate.pem(), key.serialize_pem())
}

/// How `uid` is called as an entry.
pub(crate) fn entry(uid: &str) -> String {
    format!("uid={uid},ou=people,dc=example,dc=org")
}

fn person(uid: &str) -> String {
    let entry = entry(uid);
    format!(
        "\ndn: {entry}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nmail: {uid}@example.org\nuserPassword: {uid}'s\n"
    )
}

impl Site {
    /// People are called by `uid`, and have `'s` behind it as their password; `None` where there is no `slapd`.
    pub(crate) async fn build(world: World, chosen: &[(&str, &str)]) -> Option<Self> {
        Self::build_with(world, "", chosen).await
    }

    pub(crate) async fn build_with(
        world: World,
        conf: &str,
        chosen: &[(&str, &str)],
    ) -> Option<Self> {
        let (authority, certificate, key) = certificates();
        let files = [
            ("ca.pem", authority.as_str()),
            ("other-ca.pem", &certificates().0),
            ("cert.pem", certificate.as_str()),
            ("key.pem", key.as_str()),
        ];
        let people: String = ["ada", "bo", "cleo", "dan"].map(person).concat();
        let conf = format!("{CONF}{conf}");
        let directory = Slapd::start(&conf, &format!("{ENTRIES}{people}"), &files).unwrap()?;
        let url = format!("ldaps://{}", directory.tls());
        let plain = format!("ldap://{}", directory.plain());
        let both = format!("ldaps://127.0.0.1:1, {url}");
        let ca = directory.file("ca.pem").display().to_string();
        let other = directory.file("other-ca.pem").display().to_string();
        let defaults = [
            ("ldap.url", url.as_str()),
            ("ldap.ca", &ca),
            ("ldap.bind_dn", "cn=postroom,dc=example,dc=org"),
            ("ldap.bind_password", "searching"),
            ("ldap.base", "ou=people,dc=example,dc=org"),
            (
                "ldap.filter",
                "(&(objectClass=inetOrgPerson)(uid={user})(!(employeeType=left)))",
            ),
            ("ldap.name_attribute", "uid"),
            ("ldap.timeout", "10s"),
        ];
        let named: HashSet<&str> = chosen.iter().map(|(name, _)| *name).collect();
        let mut settings: Vec<(&str, &str)> = defaults
            .into_iter()
            .filter(|(name, _)| !named.contains(name))
            .collect();
        settings.extend(chosen.iter().map(|&(name, value)| {
            let value = match value {
                "PLAIN" => plain.as_str(),
                "OTHER" => other.as_str(),
                "DEAD AND ALIVE" => both.as_str(),
                value => value,
            };
            (name, value)
        }));
        // It waits by a runtime of its own.
        let cluster = block_in_place(Cluster::start).unwrap();
        let stage = Stage::build(&cluster, world, &settings).await.unwrap();
        Some(Self {
            directory,
            stage,
            cluster,
        })
    }

    /// What LOGIN on a node is answered, without its tag.
    pub(crate) async fn answer(&self, user: &str, password: &str, node: usize) -> String {
        self.log_in(user, password, node).await.1
    }

    /// The same, with the connection.
    pub(crate) async fn log_in(&self, user: &str, password: &str, node: usize) -> (Client, String) {
        let to = self.stage.imap(node).unwrap();
        let mut client = Client::connect("x", to).await.unwrap();
        let (users, passwords) = (user.len(), password.len());
        let login = format!("LOGIN {{{users}+}}\r\n{user} {{{passwords}+}}\r\n{password}");
        let answers = client.ask(login).await;
        let last = String::from_utf8_lossy(answers.last().unwrap()).into_owned();
        let answer = last.split_once(' ').unwrap().1.to_owned();
        (client, answer)
    }

    /// A connection of whoever gets in.
    pub(crate) async fn welcome(&self, user: &str, password: &str, node: usize) -> Client {
        let (client, answer) = self.log_in(user, password, node).await;
        assert!(answer.starts_with("OK "), "{user}: {answer}");
        client
    }

    /// The directory's administrator, in the directory.
    #[expect(clippy::disallowed_methods, reason = "tests have no other runtime")]
    pub(crate) async fn administrator(&self) -> Ldap {
        let url = format!("ldap://{}", self.directory.plain());
        let (connection, mut ldap) = LdapConnAsync::new(&url).await.unwrap();
        tokio::spawn(connection.drive());
        let bound = ldap
            .simple_bind("cn=admin,dc=example,dc=org", "admin")
            .await;
        bound.unwrap().success().unwrap();
        ldap
    }

    /// Gives an attribute of a person this one value.
    pub(crate) async fn set(&self, uid: &str, attribute: &str, value: &str) {
        let mut ldap = self.administrator().await;
        let change = Mod::Replace(attribute, HashSet::from([value]));
        let changed = ldap.modify(&entry(uid), vec![change]).await;
        changed.unwrap().success().unwrap();
    }

    /// Adds a person whose password is the name with `'s` behind it.
    pub(crate) async fn add_person(&self, uid: &str) {
        let password = format!("{uid}'s");
        let mut ldap = self.administrator().await;
        let attributes = vec![
            ("objectClass", HashSet::from(["inetOrgPerson"])),
            ("uid", HashSet::from([uid])),
            ("cn", HashSet::from([uid])),
            ("sn", HashSet::from([uid])),
            ("userPassword", HashSet::from([password.as_str()])),
        ];
        let added = ldap.add(&entry(uid), attributes).await;
        added.unwrap().success().unwrap();
    }

    /// Adds a unit without entries.
    pub(crate) async fn add_unit(&self, name: &str) {
        let mut ldap = self.administrator().await;
        let attributes = vec![
            ("objectClass", HashSet::from(["organizationalUnit"])),
            ("ou", HashSet::from([name])),
        ];
        let unit = format!("ou={name},dc=example,dc=org");
        ldap.add(&unit, attributes)
            .await
            .unwrap()
            .success()
            .unwrap();
    }

    pub(crate) async fn tear_down(self) {
        self.stage.tear_down().await;
        block_in_place(|| drop(self.cluster));
    }
}

/// Reads until the connection says BYE and ends.
pub(crate) async fn hears_bye(client: &mut Client) {
    let bye = async {
        let mut was_told = false;
        loop {
            match client.hear().await {
                Heard::Response(response) => was_told |= response.starts_with(b"* BYE"),
                Heard::End => return was_told,
                Heard::Silence => {}
            }
        }
    };
    assert!(timeout(PATIENCE, bye).await.unwrap(), "no BYE");
}

/// Asks again and again until the answer is yes.
pub(crate) async fn until(mut asked: impl AsyncFnMut() -> bool) {
    let answered = async {
        let mut glances = interval(GLANCE);
        while !asked().await {
            glances.tick().await;
        }
    };
    timeout(PATIENCE, answered).await.unwrap();
}
