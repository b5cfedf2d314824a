//! The integration tests, one binary: the program run as a process, the properties, and the rules
//! of the house.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[cfg(unix)]
mod asked;
mod assigning;
mod authoring;
mod baseline;
mod broken;
mod citations;
mod compare;
mod composition;
mod creations;
mod demo;
mod demo_many;
mod demo_wire;
mod deploy;
mod diff;
mod doctor;
mod document;
mod effective;
mod ends;
mod explain;
mod facts;
mod faults;
mod fleet;
mod formats;
mod fuzz;
mod gallery;
mod generated;
mod habits;
#[cfg(unix)]
mod hints;
mod hostile;
#[cfg(unix)]
mod init;
mod installing;
#[cfg(unix)]
mod interrupt;
mod json;
mod lab;
mod layers;
mod left;
mod library;
mod live;
mod logins;
mod losses;
mod manual;
mod names;
mod org;
mod output;
mod overtaken;
mod package;
mod pages;
mod permissioned;
#[cfg(unix)]
mod pipelines;
mod plan_file;
mod policies;
mod project;
mod ranges;
#[cfg(unix)]
mod reading;
mod reports;
mod rollout;
mod rows;
mod secrets;
mod shards;
mod signin;
mod silence;
mod since;
mod slips;
mod snapshot;
mod stars;
mod stories;
mod stuck;
mod support;
mod takenback;
mod template;
mod twostates;
mod vouched;
mod waivers;
mod wants;
mod whole;
mod why;
mod why_stories;
mod witness;
mod worst_day;
mod wsdl;
