//! How fast a profile is indexed, beside quick-xml's bare event loop over the same bytes. `cargo
//! bench --bench document`.
//!
//! The loop does nothing with its events: it is the time of looking at the bytes, to which the
//! index adds its own.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quick_xml::Reader;
use quick_xml::events::Event;
use sfsetup::metadata::document::Document;

/// A profile of about this many bytes in Salesforce's own layout: classes, fields, objects,
/// permissions.
fn profile(bytes: usize) -> Vec<u8> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n",
    );
    let mut entry = |section: &str, count: usize, body: &dyn Fn(usize, &mut String)| {
        for index in 0..count {
            let _ = writeln!(text, "    <{section}>");
            body(index, &mut text);
            let _ = writeln!(text, "    </{section}>");
        }
    };
    let unit = bytes / 1000;
    entry("classAccesses", unit * 2, &|index, text| {
        let _ = write!(
            text,
            "        <apexClass>RentalService{index:06}</apexClass>\n        <enabled>true\
             </enabled>\n"
        );
    });
    entry("fieldPermissions", unit * 4, &|index, text| {
        let _ = write!(
            text,
            "        <editable>false</editable>\n        <field>Rental{}__c.Field_{index:06}__c\
             </field>\n        <readable>true</readable>\n",
            index / 100
        );
    });
    entry("objectPermissions", unit / 4, &|index, text| {
        let _ = write!(
            text,
            "        <allowCreate>true</allowCreate>\n        <allowDelete>false</allowDelete>\
             \n        <allowEdit>true</allowEdit>\n        <allowRead>true</allowRead>\n        \
             <modifyAllRecords>false</modifyAllRecords>\n        <object>Rental{index}__c</object>\
             \n        <viewAllRecords>false</viewAllRecords>\n"
        );
    });
    text.push_str("    <userLicense>Salesforce</userLicense>\n</Profile>\n");
    text.into_bytes()
}

fn index(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index");
    for megabytes in [3, 20] {
        let bytes = profile(megabytes * 1_000_000);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.sample_size(20);
        group.bench_with_input(
            BenchmarkId::new("quick-xml events", megabytes),
            &bytes,
            |bencher, bytes| {
                bencher.iter(|| {
                    let mut reader = Reader::from_reader(bytes.as_slice());
                    let mut events = 0_u64;
                    loop {
                        match reader.read_event() {
                            Ok(Event::Eof) | Err(_) => break,
                            Ok(event) => {
                                black_box(event);
                                events += 1;
                            }
                        }
                    }
                    events
                });
            },
        );
        group.bench_with_input(
            BenchmarkId::new("document", megabytes),
            &bytes,
            |bencher, bytes| {
                bencher.iter_batched(
                    || bytes.clone(),
                    |bytes| Document::parse(bytes).expect("the profile is well-formed"),
                    criterion::BatchSize::LargeInput,
                );
            },
        );
    }
    group.finish();
}

criterion_group!(benches, index);
criterion_main!(benches);
