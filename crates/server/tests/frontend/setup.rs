//! `postroom setup`: what is offered, and what a DNS server of this test says of it.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::thread;

use serde_json::Value;
use simple_dns::rdata::{A, CNAME, MX, RData, SRV};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};

use crate::verbs::{Ended, ok, run};

/// Answers for ever what `zone` says of a name and a type, nothing for other types, and that there is no such name else.
fn resolver(zone: &'static [(&'static str, RData<'static>)]) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // One that is for somebody else comes first.
            let _gone = socket.send_to(&answer(zone, &buffer[..length], 1), from);
            let _gone = socket.send_to(&answer(zone, &buffer[..length], 0), from);
        }
    });
    address
}

fn answer(zone: &[(&'static str, RData<'static>)], query: &[u8], other_id: u16) -> Vec<u8> {
    let query = Packet::parse(query).unwrap();
    let question = query.questions[0].clone();
    let name = question.qname.to_string();
    let mut packet = Packet::new_reply(query.id() ^ other_id);
    packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
    let of_name: Vec<_> = zone.iter().filter(|(known, _)| *known == name).collect();
    if of_name.is_empty() {
        *packet.rcode_mut() = RCODE::NameError;
    }
    if name.starts_with("_autodiscover") {
        *packet.rcode_mut() = RCODE::ServerFailure;
    }
    for (_, data) in of_name {
        let is_asked = question.qtype == QTYPE::TYPE(data.type_code());
        if is_asked || data.type_code() == TYPE::CNAME {
            let name = question.qname.clone().into_owned();
            let record = ResourceRecord::new(name, CLASS::IN, 60, data.clone());
            packet.answers.push(record);
        }
    }
    packet.questions.push(question);
    packet.build_bytes_vec().unwrap()
}

fn settings(more: &[(&str, &str)]) -> HashMap<String, String> {
    let usual = [("WEB__IMAP", "imap.example.org:993")];
    let all = usual.iter().chain(more);
    all.map(|&(name, value)| (format!("POSTROOM_{name}"), value.to_owned()))
        .collect()
}

const ALL: &[(&str, &str)] = &[
    ("WEB__SUBMISSION", "smtp.example.org:465"),
    ("WEB__PAGES", "mail.example.org:443"),
    ("LISTEN__WEB", "127.0.0.1:0"),
    ("LISTEN__LMTP", "127.0.0.1:0"),
];

fn service(port: u16, target: &'static str) -> RData<'static> {
    RData::SRV(SRV {
        priority: 0,
        weight: 1,
        port,
        target: Name::new_unchecked(target),
    })
}

#[test]
fn each_record_is_compared_with_what_a_resolver_says() {
    let zone = vec![
        ("imap.example.org", RData::A(A { address: 1 })),
        ("_imaps._tcp.example.org", service(993, "IMAP.example.org")),
        (
            "_submissions._tcp.example.org",
            service(587, "smtp.example.org"),
        ),
        ("_pop3s._tcp.example.org", service(0, "")),
        (
            "autoconfig.example.org",
            RData::CNAME(CNAME(Name::new_unchecked("mail.example.org"))),
        ),
        (
            "example.org",
            RData::MX(MX {
                preference: 10,
                exchange: Name::new_unchecked("mx.example.org"),
            }),
        ),
    ];
    let resolver = resolver(zone.leak()).to_string();
    let verb = [
        "setup",
        "Ada@EXAMPLE.org",
        "--resolver",
        &resolver,
        "--json",
    ];
    let said: Value = serde_json::from_str(&ok(&settings(ALL), &verb, "")).unwrap();
    assert_eq!(said["settings"]["user"], "Ada@EXAMPLE.org");
    assert_eq!(said["settings"]["imap"]["port"], 993);
    assert_eq!(said["settings"]["pages"], "https://mail.example.org/");
    let records = said["records"].as_array().unwrap().iter();
    let verdicts: Vec<_> = records
        .map(|record| {
            let text = |field: &str| record[field].as_str().unwrap();
            format!("{} {} {}", text("name"), text("type"), text("verdict"))
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "imap.example.org A right",
            "_imaps._tcp.example.org SRV right",
            "_imap._tcp.example.org SRV missing",
            "_submissions._tcp.example.org SRV other",
            "_pop3s._tcp.example.org SRV right",
            "_pop3._tcp.example.org SRV missing",
            "autoconfig.example.org CNAME right",
            "_autodiscover._tcp.example.org SRV not checked",
            "example.org MX right",
        ]
    );
    assert_eq!(said["records"][3]["found"][0], "smtp.example.org, port 587");
    let words = ok(&settings(ALL), &verb[..4], "");
    for line in [
        "user name        Ada@EXAMPLE.org",
        "incoming server  IMAP, imap.example.org, port 993, SSL/TLS",
        "outgoing server  SMTP, smtp.example.org, port 465, SSL/TLS",
        "https://mail.example.org/devices",
        "_imaps._tcp.example.org. SRV 0 1 993 imap.example.org.",
        "something else is there: smtp.example.org, port 587",
        "not checked: the resolver failed (ServerFailure)",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
}

#[test]
fn without_a_resolver_the_records_are_told_all_the_same() {
    // Nobody reads what comes to it.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = silent.local_addr().unwrap().to_string();
    let words = ok(
        &settings(&[]),
        &["setup", "info@bücher.example", "--resolver", &resolver],
        "",
    );
    assert!(
        words.contains("_imaps._tcp.xn--bcher-kva.example. SRV 0 1 993 imap.example.org."),
        "{words}"
    );
    assert!(
        words.contains("not checked: no resolver answered"),
        "{words}"
    );
    for absent in [
        "_submissions",
        "autoconfig",
        "_autodiscover",
        " MX ",
        "outgoing",
    ] {
        assert!(!words.contains(absent), "{absent}: {words}");
    }
}

#[test]
fn what_is_no_address_is_refused_and_so_are_settings_that_say_nothing() {
    for (address, complaint) in [
        ("ada", "an address is local@domain"),
        ("postmaster", "the domain of an address is needed"),
        ("ada@[192.0.2.1]", "the domain of an address is needed"),
        ("a\r\n@example.org", "what is before the @"),
        ("<a>@example.org", "what is before the @"),
        ("ada@exa mple.org", "no name of a domain"),
    ] {
        let ended = run(&settings(&[]), &["setup", address], "");
        assert!(
            ended.code == Some(2) && ended.err.contains(complaint),
            "{address}: {ended:?}"
        );
    }
    let Ended { code, err, .. } = run(&HashMap::new(), &["setup", "ada@example.org"], "");
    assert!(
        code == Some(2) && err.contains("web.imap says nothing"),
        "{err}"
    );
    let wrong = ["setup", "ada@example.org", "--resolver", "here"];
    assert_eq!(run(&settings(&[]), &wrong, "").code, Some(2));
}
