"""Data streams: they come with their first value."""

from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext

from system.cloud.iotsitewise import errors
from system.cloud.iotsitewise.pages import next_token, offset_of
from system.cloud.iotsitewise.store import Place, Series, ValueStore, store_of
from system.cloud.service import Answer, Handler, Request, arn

PAGE_DEFAULT = 50


def place_of(request: Request, alias: str = "propertyAlias") -> Place:
    """The property that a request, or an entry of one, names."""
    name = request.get(alias)
    asset, of_asset = request.get("assetId"), request.get("propertyId")
    if bool(name) == bool(asset and of_asset):
        raise errors.invalid_request(f"Give either {alias}, or assetId and propertyId")
    return Place(name, None, None) if name else Place(None, asset, of_asset)


def existing(store: ValueStore, place: Place) -> Series:
    """A data stream that has to be there."""
    series = store.find(place)
    if series is None:
        raise errors.not_found(str(place))
    return series


def _described(context: RequestContext, series: Series) -> dict[str, Any]:
    created = datetime.fromtimestamp(series.created, UTC)
    told = {
        "assetId": series.asset,
        "propertyId": series.property,
        "alias": series.alias,
        "timeSeriesId": series.id,
        "dataType": series.type,
        "timeSeriesCreationDate": created,
        "timeSeriesLastUpdateDate": created,
        "timeSeriesArn": arn(context, "iotsitewise", f"time-series/{series.id}"),
    }
    return {name: value for name, value in told.items() if value is not None}


def describe(context: RequestContext, request: Request) -> Answer:
    """Read a data stream."""
    return _described(context, existing(store_of(context), place_of(request, "alias")))


def list_all(context: RequestContext, request: Request) -> Answer:
    """The data streams, a page of them."""
    limit, offset = request.get("maxResults") or PAGE_DEFAULT, offset_of(request)
    found = store_of(context).all_series(request.get("aliasPrefix") or "")
    asset = request.get("assetId")
    chosen = [each for each in found if not asset or each.asset == asset]
    page = [_described(context, each) for each in chosen[offset : offset + limit]]
    more = len(chosen) > offset + limit
    return {"TimeSeriesSummaries": page, **next_token(offset + limit, more)}


def delete(context: RequestContext, request: Request) -> Answer:
    """Forget a data stream and its values."""
    store = store_of(context)
    store.delete(existing(store, place_of(request, "alias")))
    return None


TABLE: dict[str, Handler] = {
    "DescribeTimeSeries": describe,
    "ListTimeSeries": list_all,
    "DeleteTimeSeries": delete,
}
