//! The integration tests, one binary: the program run as a process, the properties, and the rules
//! of the house.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[cfg(unix)]
mod asked;
mod authoring;
#[cfg(feature = "demo")]
mod baseline;
mod broken;
mod citations;
#[cfg(feature = "demo")]
mod compare;
mod composition;
#[cfg(feature = "demo")]
mod demo;
#[cfg(feature = "demo")]
mod demo_wire;
#[cfg(feature = "demo")]
mod deploy;
mod diff;
mod document;
#[cfg(feature = "demo")]
mod effective;
#[cfg(feature = "demo")]
mod faults;
mod fuzz;
#[cfg(feature = "demo")]
mod gallery;
#[cfg(all(unix, feature = "demo"))]
mod hints;
mod hostile;
#[cfg(unix)]
mod interrupt;
mod lab;
mod layers;
mod left;
mod live;
#[cfg(feature = "demo")]
mod logins;
mod losses;
#[cfg(feature = "demo")]
mod manual;
#[cfg(feature = "demo")]
mod names;
mod org;
mod output;
#[cfg(feature = "demo")]
mod overtaken;
mod package;
mod plan_file;
mod policies;
mod project;
#[cfg(feature = "demo")]
mod secrets;
#[cfg(feature = "demo")]
mod signin;
mod silence;
mod snapshot;
#[cfg(feature = "demo")]
mod stuck;
mod support;
mod template;
mod twostates;
#[cfg(feature = "demo")]
mod vouched;
#[cfg(feature = "demo")]
mod whole;
#[cfg(feature = "demo")]
mod witness;
mod wsdl;
