//! Bodies of several parts, and rows that come in batches.

use super::*;

#[test]
fn a_multipart_body_is_split() {
    let body = b"--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{}\r\n--x\r\n\
                 Content-Disposition: form-data; name=\"file\"\r\n\r\na\r\n--b\r\n--x--\r\n";
    let parts = parts("multipart/form-data; boundary=x", body).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].body, b"a\r\n--b");
    for broken in ["", "--x", "--x\r\n", "--x\r\n\r\n\r\n", "--x\r\nA: b\r\n\r\nc"] {
        assert!(
            super::parts("multipart/form-data; boundary=x", broken.as_bytes()).is_err(),
            "{broken}"
        );
    }
    assert!(super::parts("multipart/form-data", b"--x--").is_err());
}

#[test]
fn grants_come_so_many_at_once_and_then_end() {
    let mut org = Org::seeded("x");
    let first = org.records["OauthToken"][0].clone();
    org.records.insert("OauthToken".to_owned(), vec![first; 3000]);
    let token = org.own_token();
    let mut state = State::new(org, 0);
    let mut ask = |path: &str, soql: &str| {
        let request = Request {
            method: "GET".to_owned(),
            query: vec![("q".to_owned(), soql.to_owned())],
            headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
            ..Request::default()
        };
        let path: Vec<&str> = path.split('/').collect();
        let reply = answer(&mut state, &request, &path, 1000, None);
        serde_json::from_slice::<Value>(&reply.body).unwrap()
    };
    assert_eq!(ask("v67.0/query", "SELECT COUNT() FROM OauthToken")["totalSize"], 3000);
    let mut batch = ask("v67.0/query", "SELECT UserId FROM OauthToken");
    let mut sizes = Vec::new();
    loop {
        sizes.push(batch["records"].as_array().unwrap().len());
        let Some(next) = batch["nextRecordsUrl"].as_str() else { break };
        let next = next.trim_start_matches("/services/data/").to_owned();
        batch = ask(&next, "");
    }
    assert_eq!(sizes, [500; 5]);
    assert_eq!(batch["done"], true);
}
