-- The parts of runs that were begun: what was asked of which orgs, as the first line of a file of
-- answers has it.
create table sfsetup.run (
    run text not null,
    asked text not null,
    digest text not null,
    begun timestamptz not null,
    head text not null,
    primary key (run, digest)
);

create index run_begun on sfsetup.run (begun);

-- What a look at an org came to: an answer, or why there is none. Rows are only ever added, so
-- whoever puts answers needs to insert and to read, no more.
create table sfsetup.answer (
    run text not null,
    org text not null,
    answered boolean not null,
    org_id text,
    looked_at timestamptz not null,
    -- The exit code that a diff of this org alone would have.
    exit smallint not null,
    error_code text,
    error_message text,
    -- Whether only what is not as it was is listed.
    is_baseline boolean not null,
    -- An array of {"id", "title", "state", ..}: each step with the state that asks most of the reader.
    steps jsonb not null,
    -- The answer, as JSON Lines have it.
    lines text not null,
    primary key (run, org, answered)
);

create index answer_looked_at on sfsetup.answer (looked_at);

-- One row an org and run: an answer counts before a failure.
create view sfsetup.result as
select distinct on (run, org)
    run, org, org_id, looked_at, answered, exit, error_code, error_message, is_baseline, steps, lines
from sfsetup.answer
order by run, org, answered desc;
