//! What lies between here and an org: names that lead nowhere, TLS that is none, proxies, and a
//! machine that has IPv6 alone.

use futures::StreamExt as _;
use sfsetup::demo::{Faults, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{is_told, some};
use crate::lab::{Lab, VALUES};
use crate::support::{Run, ended};

const COMMANDS: &[&[&str]] = &[
    &["diff", "--template", "ampersand"],
    &["diff", "--template", "ampersand", "--save-plan", "plan.json"],
    &["package", "--template", "ampersand", "--out", "fix"],
    &["snapshot", "--out", "seen", "--types", "ConnectedApp"],
    &["org", "display"],
    &["deploy", "--template", "ampersand", "--yes"],
    &["rollback", "--yes"],
];

/// A way to an org: its address, the proxy, and the words that must be told; none where it leads
/// there.
struct Road {
    name: &'static str,
    address: String,
    proxy: Option<String>,
    words: &'static [&'static str],
}

/// A port of this machine at which nobody listens.
async fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A proxy that answers what it is asked with these bytes.
async fn proxy(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 2048];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// Listens on IPv6 alone, and leads to the demo org; none where the machine has no IPv6.
async fn six(to: std::net::SocketAddr) -> Option<u16> {
    let listener = TcpListener::bind("[::1]:0").await.ok()?;
    let port = listener.local_addr().ok()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut org) = TcpStream::connect(to).await {
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut org).await;
                }
            });
        }
    });
    Some(port)
}

async fn run(lab: &Lab, road: &Road, arguments: &[&str]) -> Run {
    let values = if arguments.contains(&"--template") { VALUES } else { &[] };
    let mut command =
        lab.command(&[arguments, values, &["--allow-host", "nowhere.invalid"]].concat());
    command.env("SF_ORG_INSTANCE_URL", &road.address);
    if let Some(proxy) = &road.proxy {
        command.env("HTTPS_PROXY", proxy);
    }
    let run = ended(command).await;
    let shown = format!("{}{}", run.stdout, run.stderr);
    assert!(!shown.contains(&lab.running.token) && !shown.contains("panicked"), "{shown}");
    run
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_road_that_leads_nowhere_is_named_on_every_command() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let closed = nobody().await;
    let at =
        |name, address: &str, words| Road { name, address: address.to_owned(), proxy: None, words };
    let by = |name, proxy: String, words| Road {
        name,
        address: "https://nowhere.invalid".to_owned(),
        proxy: Some(proxy),
        words,
    };
    let no_name: &[&str] = &["cannot connect to nowhere.invalid", "HTTPS_PROXY"];
    let nobody: &[&str] = &["cannot connect to 127.0.0.1", "refused"];
    let proxies: &[&str] = &["cannot connect to nowhere.invalid", "HTTPS_PROXY"];
    let mut roads = vec![
        at("no such name", "https://nowhere.invalid", no_name),
        at("nobody listens", &format!("http://127.0.0.1:{closed}"), nobody),
        at("no TLS", &format!("https://{}", lab.running.address), &["cannot connect to 127.0.0.1"]),
        by("no proxy", format!("http://127.0.0.1:{closed}"), proxies),
        by(
            "a proxy wants a password",
            proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await,
            proxies,
        ),
        by(
            "a proxy refuses",
            proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await,
            proxies,
        ),
        by("a proxy hangs up", proxy("").await, proxies),
        by("a proxy is none", proxy("SSH-2.0-OpenSSH_9.6\r\n").await, proxies),
        by("a proxy's TLS is none", proxy("HTTP/1.1 200 OK\r\n\r\nhello").await, proxies),
    ];
    if let Some(port) = six(lab.running.address).await {
        roads.push(at("IPv6 alone", &format!("http://[::1]:{port}"), &[]));
        // Not every machine calls that address so.
        let found = tokio::net::lookup_host(("localhost", port)).await;
        if found.is_ok_and(|mut addresses| addresses.any(|one| one.is_ipv6())) {
            roads.push(at("a name of IPv6 alone", &format!("http://localhost:{port}"), &[]));
        }
    }
    let mut table = Vec::new();
    // Those that lead to the org come last, and change it last.
    for road in &roads {
        table.extend(COMMANDS.iter().map(|arguments| (road, *arguments)));
    }
    let (dead, alive): (Vec<_>, Vec<_>) =
        table.into_iter().partition(|(road, _)| !road.words.is_empty());
    let runs = some(dead, 8).into_iter().map(|(road, arguments)| {
        let lab = &lab;
        async move {
            let run = run(lab, road, arguments).await;
            let name = format!("{}: {arguments:?}", road.name);
            assert_eq!(run.code, 1, "{name}: {run:?}");
            is_told(&run, &name);
            for words in road.words {
                assert!(run.stderr.contains(words), "{name}: no `{words}`: {run:?}");
            }
        }
    });
    // One after the other: they write into one folder.
    futures::stream::iter(runs).buffer_unordered(1).collect::<Vec<()>>().await;
    assert!(lab.running.calls().is_empty(), "{:?}", lab.running.calls());
    assert!(lab.journal().is_empty());
    for file in ["plan.json", "fix", "seen"] {
        assert!(!lab.env.folder().join(file).exists(), "{file}");
    }
    for (road, arguments) in some(alive, 3) {
        for folder in ["fix", "seen"] {
            let _ = std::fs::remove_dir_all(lab.env.folder().join(folder));
        }
        let run = run(&lab, road, arguments).await;
        // Where nothing was deployed before, nothing can be taken back.
        let is_idle = run.stderr.contains("there is nothing to take back");
        let is_well = matches!(run.code, 0 | 2) || arguments[0] == "rollback" && is_idle;
        assert!(is_well, "{}: {arguments:?}: {run:?}", road.name);
    }
}
