//! Every kind of warning, for the reference.

use crate::diagnostics::Code;

/// A kind of warning.
pub(crate) struct WarningKind {
    pub code: Code,
    /// When it is given, and why.
    pub about: &'static str,
    /// The object that the examples stand in.
    pub object: &'static str,
    /// YAML that gives exactly this warning: the reference shows what is said of it.
    pub example: &'static str,
}

/// All of them, in the order of the reference.
pub(crate) const KINDS: &[WarningKind] = &[
    WarningKind {
        code: Code::ShortPeriod,
        about: "`burst` × `timeout` is longer than `every`. All goes well while the target answers; when it hangs, ticks come \
                late, and are skipped once they are a whole period late. Retries do not count: `timeout` is for a run with all \
                its retries.",
        object: "probes.http",
        example: "every: 30\nburst: 4",
    },
    WarningKind {
        code: Code::PlainCredentials,
        about: "The URL begins with `http://`, and there is `auth`, user information in the URL, a secret, or a header, parameter \
                or field with the name of a credential. Not for `localhost` and other loopback addresses.",
        object: "probes.http",
        example: "url: http://www.example.com/\nauth:\n  bearer: {env: TOKEN}",
    },
    WarningKind {
        code: Code::UncheckedServer,
        about: "The same with `tls.insecure`: whoever poses as the server gets the credentials.",
        object: "probes.http",
        example: "headers: {x-api-key: {env: KEY}}\ntls: {insecure: true}",
    },
    WarningKind {
        code: Code::NoTags,
        about: "Sentry is told tags, and not the names of groups: without tags its results cannot be told from those of others. \
                Not where each of its probes has tags, or where there is only one group and the file has `tags`.",
        object: "group",
        example: "name: website",
    },
    WarningKind {
        code: Code::RepeatedTitle,
        about: "Several probes of a group have one title, be it that they have none and are for one host. Sentry shows them as \
                one transaction; and their issues are told apart by the order of the probes in the file, so that a new probe \
                between them mixes them up.",
        object: "group",
        example: "tags: {target: website}\nprobes:\n  - {probe: probes.http, url: https://www.example.com/}\n  \
                  - {probe: probes.http, url: https://www.example.com/about}",
    },
    WarningKind {
        code: Code::UnsetAssertion,
        about: "No `set_keys` of this or an earlier step, and no `init_keys`, sets the key.",
        object: "probes.http",
        example: "set_keys: {status: $.status}\nassertions: {status: ok, stauts: ok}",
    },
    WarningKind {
        code: Code::UnusedKey,
        about: "Neither an assertion nor a text of a step uses the key.",
        object: "probes.script",
        example: "init_keys: {user: alice}",
    },
    WarningKind {
        code: Code::UnquotedKey,
        about: "In a script's body, `{name}` without quotes is YAML for a map.",
        object: "probes.script",
        example: "init_keys: {name: alice}\nsteps:\n  - url: https://www.example.com/\n    body: {user: {name}}",
    },
    WarningKind {
        code: Code::UnreachableLimit,
        about: "`degraded` or `max_duration` is not shorter than what ends a run before: `timeout`, and `max_duration` for \
                `degraded`.",
        object: "probes.http",
        example: "max_duration: 15s",
    },
    WarningKind {
        code: Code::FollowedRedirect,
        about: "Only redirects are expected, and they are followed.",
        object: "probes.http",
        example: "expected: 301",
    },
    WarningKind {
        code: Code::NoEffect,
        about: "`retry_pause` without `retries`, or `set_keys` of an answer to `HEAD`, which has no body.",
        object: "probes.http",
        example: "retry_pause: 5s",
    },
];
