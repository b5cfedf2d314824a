//! When a certificate ends, read out of its text as metadata holds it.

use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Returns when a certificate is valid no more; of several in one text the one that ends first.
/// None where the text holds none that can be read.
///
/// The text is PEM, as `ConnectedApp.oauthConfig.certificate` has it (S 2.4), however it is
/// indented, or the base64 between its lines alone.
pub(crate) fn ends(text: &str) -> Option<Timestamp> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let all = if text.contains("-----BEGIN") {
        Certificate::load_pem_chain(lines.join("\n").as_bytes()).ok()?
    } else {
        use base64::Engine as _;
        let der = base64::engine::general_purpose::STANDARD.decode(lines.concat()).ok()?;
        vec![Certificate::from_der(&der).ok()?]
    };
    let end = |one: &Certificate| {
        let seconds = one.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
        // 9999-12-31T23:59:59Z is said of what has no end (RFC 5280, 4.1.2.5).
        let seconds = i64::try_from(seconds).ok()?;
        Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    };
    all.iter().map(end).collect::<Option<Vec<_>>>()?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_end_counts_however_it_is_written() {
        let text = include_str!("../../fixtures/certificates/acme.pem");
        let end: Timestamp = "2026-12-15T00:00:00Z".parse().unwrap();
        assert_eq!(ends(text), Some(end));
        let bare: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
        assert_eq!(ends(&bare.concat()), Some(end));
        let indented = text.replace('\n', "\r\n    ");
        assert_eq!(ends(&indented), Some(end));
        assert_eq!(ends(&format!("{text}{text}")), Some(end));
        for wrong in ["", "acme", "-----BEGIN CERTIFICATE-----", &text[..200], "AAAA"] {
            assert_eq!(ends(wrong), None, "{wrong}");
        }
    }
}
