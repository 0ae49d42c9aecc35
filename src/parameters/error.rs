//! Errors of SSM, with what to do about them.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};

/// An operation on parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reading their values.
    Read,
    /// Listing them.
    List,
    /// Creating or changing them.
    Write,
    /// Removing them.
    Remove,
}

impl Action {
    /// As in "to read".
    const fn verb(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Remove => "remove",
        }
    }

    /// As in "could not be read".
    const fn done(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "listed",
            Self::Write => "written",
            Self::Remove => "removed",
        }
    }

    /// The permissions that a role needs for it.
    const fn permissions(self) -> &'static str {
        match self {
            Self::Read => "ssm:GetParameters on them, and kms:Decrypt on their key if it is not aws/ssm",
            Self::List => "ssm:DescribeParameters on *",
            Self::Write => {
                "ssm:PutParameter on them, and kms:Encrypt and kms:GenerateDataKey on their key if it is not aws/ssm"
            }
            Self::Remove => "ssm:DeleteParameters on them",
        }
    }
}

/// Why parameters could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SsmError {
    /// Neither an argument nor the environment nor a profile names a region.
    #[error("no AWS region is known: set AWS_REGION, or set a region in your AWS profile")]
    NoRegion,
    /// There is no such parameter.
    #[error("there is no SSM parameter {name} in {region}")]
    Missing {
        /// The parameter.
        name: String,
        /// The region.
        region: String,
    },
    /// The current credentials do not allow it.
    #[error(
        "not allowed to {} the SSM parameters {names} in {region}: the role needs {} (AWS says: {message})",
        .action.verb(), .action.permissions()
    )]
    Denied {
        /// The operation.
        action: Action,
        /// The parameters of the call.
        names: String,
        /// The region.
        region: String,
        /// AWS's own message.
        message: String,
    },
    /// There are no credentials.
    #[error(
        "no AWS credentials for the SSM parameters in {region}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
         or AWS_PROFILE (last error: {message})"
    )]
    NoCredentials {
        /// The region.
        region: String,
        /// The SDK's own message.
        message: String,
    },
    /// The current credentials are not valid.
    #[error(
        "AWS rejects the current credentials in {region}: renew them, choose others, or enable the region in the account \
         (AWS says: {message})"
    )]
    BadCredentials {
        /// The region.
        region: String,
        /// AWS's own message.
        message: String,
    },
    /// Too many calls, even after retries.
    #[error(
        "SSM in {region} throttled the request, and {names} could not be {}: make fewer calls at once, or enable SSM's \
         higher throughput (AWS says: {message})",
        .action.done()
    )]
    Throttled {
        /// The operation.
        action: Action,
        /// The parameters of the call.
        names: String,
        /// The region.
        region: String,
        /// AWS's own message.
        message: String,
    },
    /// No response, even after retries.
    #[error(
        "cannot reach SSM in {region} to {} {names}: {message}; check the network, VPC endpoints and AWS_ENDPOINT_URL",
        .action.verb()
    )]
    Unreachable {
        /// The operation.
        action: Action,
        /// The parameters of the call.
        names: String,
        /// The region.
        region: String,
        /// What happened to the connection.
        message: String,
    },
    /// No response in the time that an invocation has for it.
    #[error("SSM in {region} did not return {name} within {:.1} s", .after.as_secs_f64())]
    Late {
        /// The parameter of the group.
        name: String,
        /// The region.
        region: String,
        /// How long was waited.
        after: Duration,
    },
    /// The existing parameter has another type.
    #[error(
        "{name} in {region} has a type that cannot be changed to the required one: remove it \
         (`aws ssm delete-parameter --region {region} --name {name}`), then push again"
    )]
    OtherType {
        /// The parameter.
        name: String,
        /// The region.
        region: String,
    },
    /// Any other response.
    #[error("SSM in {region} refused to {} {names}: {message}", .action.verb())]
    Refused {
        /// The operation.
        action: Action,
        /// The parameters of the call.
        names: String,
        /// The region.
        region: String,
        /// AWS's own message.
        message: String,
    },
}

impl SsmError {
    /// Classifies an error of the SDK.
    pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>, action: Action, region: &str, names: &[&String]) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let (names, region) = (listed(names), region.to_owned());
        match error {
            SdkError::ServiceError(service) => {
                let error = service.into_err();
                let code = error.code().unwrap_or("an error without a code");
                let message = match error.message() {
                    Some(message) => format!("{code}: {message}"),
                    None => code.to_owned(),
                };
                match code {
                    "AccessDeniedException" | "AccessDenied" => Self::Denied { action, names, region, message },
                    "ThrottlingException"
                    | "Throttling"
                    | "TooManyRequestsException"
                    | "RequestLimitExceeded"
                    | "TooManyUpdates" => Self::Throttled { action, names, region, message },
                    "HierarchyTypeMismatchException" => Self::OtherType { name: names, region },
                    "UnrecognizedClientException"
                    | "InvalidSignatureException"
                    | "InvalidClientTokenId"
                    | "ExpiredToken"
                    | "ExpiredTokenException"
                    | "IncompleteSignature"
                    | "MissingAuthenticationToken" => Self::BadCredentials { region, message },
                    _ => Self::Refused { action, names, region, message },
                }
            }
            SdkError::TimeoutError(_) => {
                Self::Unreachable { action, names, region, message: "no response in time".to_owned() }
            }
            SdkError::DispatchFailure(failure) => {
                let message =
                    failure.as_connector_error().map_or_else(|| "no response".to_owned(), |error| root(error));
                if failure.is_timeout() || failure.is_io() {
                    Self::Unreachable { action, names, region, message }
                } else if failure.as_connector_error().is_some_and(|error| has_cause::<CredentialsError>(error)) {
                    Self::NoCredentials { region, message }
                } else {
                    Self::Refused { action, names, region, message }
                }
            }
            other => Self::Refused { action, names, region, message: root(&other) },
        }
    }
}

/// The innermost cause: the outer ones only say that something went wrong.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(has_cause::<E>)
}

/// `a, b, c and 4 more`.
fn listed(names: &[&String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_names_are_cut() {
        let names: Vec<String> = (1..=5).map(|n| format!("/p/{n}")).collect();
        let names: Vec<&String> = names.iter().collect();
        assert_eq!(listed(&names[..1]), "/p/1");
        assert_eq!(listed(&names), "/p/1, /p/2, /p/3 and 2 more");
    }
}
