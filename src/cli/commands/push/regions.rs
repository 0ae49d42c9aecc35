//! The regions to push to.

use aws_config::Region;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use crate::parameters::{ParameterStore, aws_settings, http_client, with_longer_retries};
use crate::schema::value::is_region;

/// Regions that are worked on at the same time.
const AT_ONCE: usize = 4;

/// Parses the name of a region.
pub(crate) fn parse(text: &str) -> Result<String, String> {
    if is_region(text) {
        return Ok(text.to_owned());
    }
    Err("this is not an AWS region such as eu-west-1 (CONFIG goes before --region)".to_owned())
}

/// The stores of the given regions, else of those in the configuration, else of the current region.
///
/// # Errors
///
/// A sentence for people.
pub(crate) async fn stores(given: Vec<String>, configured: Option<&[String]>) -> Result<Vec<ParameterStore>, String> {
    let http = http_client().map_err(|error| error.to_string())?;
    let settings = with_longer_retries(aws_settings(http, None)).load().await;
    let mut names = match (given, configured) {
        (given, _) if !given.is_empty() => given,
        (_, Some(configured)) => configured.to_vec(),
        (_, None) => {
            return Err(
                "the configuration's `regions` refer to secrets, which are not looked up: give --region".to_owned()
            );
        }
    };
    if names.is_empty() {
        names.extend(settings.region().map(ToString::to_string));
    }
    if names.is_empty() {
        return Err(
            "no AWS region is known: give --region, set AWS_REGION, or add `regions` to the configuration".to_owned()
        );
    }
    let mut stores: Vec<ParameterStore> = Vec::new();
    for name in names {
        if stores.iter().any(|store| store.region() == name) {
            continue;
        }
        let settings = settings.to_builder().region(Region::new(name)).build();
        stores.push(ParameterStore::new(&settings).map_err(|error| error.to_string())?);
    }
    Ok(stores)
}

/// Works on several regions at the same time; the results are in the same order.
pub(crate) async fn side_by_side<F: Future>(work: impl Iterator<Item = F>) -> Vec<F::Output> {
    stream::iter(work).buffered(AT_ONCE).collect().await
}
