//! Metrics by OTLP, as a collector receives them.

use std::net::TcpListener;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

use crate::process::{Process, take};
use crate::world::World;

#[test]
fn a_frontend_sends_what_its_page_of_metrics_says() {
    let world = World::new();
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let settings = [
        ("TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
        ("TELEMETRY__METRICS_EVERY", "100ms"),
    ];
    let _process = Process::start(&world, &settings);
    // Traces come to the same receiver, which is away at first.
    let mut answer = "503 Service Unavailable";
    let mut message = loop {
        let (socket, _) = collector.accept().unwrap();
        let (head, body) = take(socket, answer).unwrap();
        if !head.starts_with("post /v1/metrics ") {
            continue;
        }
        let message = ExportMetricsServiceRequest::decode(&*body).unwrap();
        if answer == "200 OK" && format!("{message:?}").contains("prolong_lease") {
            break message;
        }
        answer = "200 OK";
    };
    let message = message.resource_metrics.swap_remove(0);
    let resource = message.resource.unwrap().attributes;
    for (key, value) in [
        ("service.name", "postroom"),
        ("service.instance.id", "test"),
    ] {
        let found = resource.iter().find(|attribute| attribute.key == key);
        let found = format!("{:?}", found.unwrap().value);
        assert!(found.contains(value), "{found}");
    }
    let metrics = &message.scope_metrics[0].metrics;
    let data = |name: &str| {
        let found = metrics.iter().find(|metric| metric.name == name);
        found.unwrap().data.clone().unwrap()
    };
    assert!(matches!(data("postroom_logins"), Data::Sum(sum) if sum.is_monotonic));
    assert!(matches!(
        data("postroom_listener_connected"),
        Data::Gauge(_)
    ));
    let Data::Histogram(calls) = data("postroom_database_operation_duration_seconds") else {
        panic!("no histogram");
    };
    let lease = calls.data_points.iter().find(|point| {
        let label = point.attributes.iter().find(|one| one.key == "operation");
        format!("{label:?}").contains("prolong_lease")
    });
    let lease = lease.unwrap();
    assert!(lease.count > 0);
    assert_eq!(lease.bucket_counts.iter().sum::<u64>(), lease.count);
    assert_eq!(lease.bucket_counts.len(), lease.explicit_bounds.len() + 1);
}
