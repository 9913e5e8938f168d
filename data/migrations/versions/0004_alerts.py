"""Run states with causes, what they are judged by, failing pages, and alerts."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

STATES = {
    'ok': ('finished', 'limit_reached'),
    'budget_spent': ('budget_spent',),
    'blocked': ('blocked',),
    'login_wall': ('login_wall',),
    'broken': ('layout_changed',),
    'empty': ('nothing_found',),
    'robots_forbidden': ('robots_refused',),
    'failed': ('unreachable', 'crashed'),
}
RULES = (
    ('drop', 'A platform gives less than usual', 2),
    ('blocked', 'A platform turns us away', 1),
    ('failed', 'A platform does not answer', 3),
    ('missed', 'A run was missed', 1),
    ('dead_man', 'A part has stopped', 1),
    ('disk', 'The disk is nearly full', 1),
    ('self_check', 'Daily word', 1),
)


def upgrade() -> None:
    with op.batch_alter_table('crawls', schema=None) as batch_op:
        batch_op.add_column(sa.Column('state', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('answers', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('refused', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('answer_bytes', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('accepted_by', sa.String(), nullable=False, server_default=''))
    for state, endings in STATES.items():
        named = ', '.join(f"'{ending}'" for ending in endings)
        op.execute(f"UPDATE crawls SET state = '{state}' WHERE ending IN ({named})")

    op.create_table('crawl_samples',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawls.id'], name=op.f('fk_crawl_samples_crawl_id_crawls')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_crawl_samples_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crawl_samples'))
    )
    with op.batch_alter_table('crawl_samples', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_crawl_samples_crawl_id'), ['crawl_id'], unique=False)

    rules = op.create_table('alert_rules',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('after', sa.Integer(), nullable=False),
    sa.Column('muted_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taxon', sa.String(), nullable=False),
    sa.Column('live_only', sa.Boolean(), nullable=False),
    sa.Column('least_sure', sa.Float(), nullable=False),
    sa.Column('seller_again', sa.Boolean(), nullable=False),
    sa.Column('flags_seen', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_rules'))
    )
    now = datetime.now(UTC)
    if op.get_bind().dialect.name == 'sqlite':
        now = now.replace(tzinfo=None)
    op.bulk_insert(rules, [
        {'kind': kind, 'name': name, 'after': after, 'taxon': '', 'live_only': False,
         'least_sure': 0.0, 'seller_again': False, 'flags_seen': 0, 'created_at': now,
         'created_by': 'shipped'}
        for kind, name, after in RULES
    ])

    op.create_table('alert_mutes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_mutes'))
    )
    with op.batch_alter_table('alert_mutes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_mutes_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_mutes_platform_id'), ['platform_id'], unique=False)

    op.create_table('alert_channels',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_channels')),
    sa.UniqueConstraint('name', name=op.f('uq_alert_channels_name'))
    )
    op.create_table('alerts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('counts', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    sa.UniqueConstraint('key', name=op.f('uq_alerts_key'))
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alerts_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_alerts_platform_id'), ['platform_id'], unique=False)

    op.create_table('alert_deliveries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('alert_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['alert_id'], ['alerts.id'], name=op.f('fk_alert_deliveries_alert_id_alerts')),
    sa.ForeignKeyConstraint(['channel_id'], ['alert_channels.id'], name=op.f('fk_alert_deliveries_channel_id_alert_channels')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_deliveries')),
    sa.UniqueConstraint('alert_id', 'channel_id', name=op.f('uq_alert_deliveries_alert_id_channel_id'))
    )
    with op.batch_alter_table('alert_deliveries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_deliveries_channel_id'), ['channel_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_alert_deliveries_state'), ['state'], unique=False)

    settings = op.create_table('alert_settings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('details_allowed', sa.Boolean(), nullable=False),
    sa.Column('screens_url', sa.String(), nullable=False),
    sa.Column('self_check_hour', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert_settings'))
    )
    op.bulk_insert(settings, [{'id': 1, 'details_allowed': False, 'screens_url': '', 'self_check_hour': 6}])


def downgrade() -> None:
    for table in ('alert_settings', 'alert_deliveries', 'alerts', 'alert_channels', 'alert_mutes', 'alert_rules', 'crawl_samples'):
        op.drop_table(table)
    # Plain statements: rebuilding a table that others point to is refused where foreign keys are checked.
    for column in ('accepted_by', 'answer_bytes', 'refused', 'answers', 'state'):
        op.execute(f'ALTER TABLE crawls DROP COLUMN {column}')
