"""The tables of the store; times are UTC, amounts of progress are training images."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
)

from autocnn.store.columns import Finite, Instant, Prose

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _json() -> JSON:
    return JSON(none_as_null=True)


def _study() -> Column[str]:
    return Column("study", String(32), ForeignKey("autocnn_study.id"), primary_key=True)


def _of_trial() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["study", "trial"], ["autocnn_trial.study", "autocnn_trial.number"]
    )


STUDY = Table(
    "autocnn_study",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("space", Prose, nullable=False),
    Column("identity", _json(), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("settings", _json(), nullable=False),
    Column("data_fingerprint", String(128), nullable=False),
    Column("data", _json(), nullable=False),
    Column("environment", _json(), nullable=False),
    Column("plan", _json(), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("phase", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("seconds", Finite, nullable=False),
    Column("created", Instant, nullable=False),
    # Who holds it; `since` and `seen` are seconds since 1970 by the database's clock.
    Column("holder_token", String(32)),
    Column("holder_host", Prose),
    Column("holder_machine", Prose),
    Column("holder_pid", BigInteger),
    Column("holder_started", String(64)),
    Column("holder_since", Finite),
    Column("holder_seen", Finite),
)

ARCHITECTURE = Table(
    "autocnn_architecture",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("shape", _json(), nullable=False),
    Column("layers", _json(), nullable=False),
    Column("table", _json(), nullable=False),
    Column("params", BigInteger, nullable=False),
    Column("macs", BigInteger, nullable=False),
    Column("activations", BigInteger, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("receptive_field", _json(), nullable=False),
)

TRIAL = Table(
    "autocnn_trial",
    METADATA,
    _study(),
    Column("number", Integer, primary_key=True),
    Column("architecture", String(64), ForeignKey("autocnn_architecture.digest")),
    Column("candidate", _json()),
    Column("candidate_digest", String(64)),
    Column("values", _json(), nullable=False),
    Column("notes", _json(), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", Prose, nullable=False),
    Column("parent", Integer),
    Column("worker", Prose),
    Column("device", Prose),
    Column("horizon", BigInteger),
    Column("seed", BigInteger),
    Column("images", BigInteger, nullable=False),
    Column("seconds", Finite, nullable=False),
    Column("created", Instant, nullable=False),
    Column("started", Instant),
    Column("finished", Instant),
    Column("best_images", BigInteger),
    Column("best_epoch", Finite),
    Column("best_value", Finite),
    Column("last_value", Finite),
    Column("checkpoint", _json()),
)

PROGRESS = Table(
    "autocnn_progress",
    METADATA,
    _study(),
    Column("trial", Integer, primary_key=True),
    Column("images", BigInteger, primary_key=True),
    Column("epoch", Finite, nullable=False),
    Column("metrics", _json(), nullable=False),
    Column("lr", Finite),
    Column("seconds", Finite, nullable=False),
    Column("images_per_second", Finite),
    Column("created", Instant, nullable=False),
    _of_trial(),
)

DECISION = Table(
    "autocnn_decision",
    METADATA,
    _study(),
    Column("trial", Integer, primary_key=True),
    Column("rung", BigInteger, primary_key=True),
    Column("action", String(16), primary_key=True),
    Column("by", String(64), nullable=False),
    Column("threshold", Finite),
    Column("rivals", Integer),
    Column("created", Instant, nullable=False),
    _of_trial(),
)

FINAL = Table(
    "autocnn_final",
    METADATA,
    _study(),
    Column("number", Integer, primary_key=True),
    Column("trial", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("split", String(16), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("value", Finite),
    Column("low", Finite),
    Column("high", Finite),
    Column("interval", String(16)),
    Column("images", BigInteger, nullable=False),
    Column("seconds", Finite, nullable=False),
    Column("details", _json(), nullable=False),
    Column("path", Prose),
    Column("created", Instant, nullable=False),
    _of_trial(),
)

ARTIFACT = Table(
    "autocnn_artifact",
    METADATA,
    _study(),
    Column("number", Integer, primary_key=True),
    Column("trial", Integer),
    Column("kind", String(64), nullable=False),
    Column("path", Prose, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created", Instant, nullable=False),
    _of_trial(),
)

EVENT = Table(
    "autocnn_event",
    METADATA,
    _study(),
    Column("number", Integer, primary_key=True),
    Column("level", String(16), nullable=False),
    Column("message", Prose, nullable=False),
    Column("created", Instant, nullable=False),
)
