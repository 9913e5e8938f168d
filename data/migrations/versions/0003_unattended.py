"""What crawls left alone need: hours, limits, breakers."""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('watches', schema=None) as batch_op:
        batch_op.add_column(sa.Column('anchor_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('jitter_minutes', sa.Integer(), nullable=False, server_default='10'))
        batch_op.add_column(sa.Column('quiet_from', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('quiet_to', sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('most_minutes', sa.Integer(), nullable=False, server_default='360'))
        batch_op.add_column(sa.Column('most_mb', sa.Integer(), nullable=False, server_default='512'))
    with op.batch_alter_table('jobs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('not_before', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_jobs_lane_state', ['lane', 'state'], unique=False)
    op.create_table('breaker_marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_breaker_marks'))
    )
    with op.batch_alter_table('breaker_marks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_breaker_marks_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_breaker_marks_platform_id'), ['platform_id'], unique=False)
    op.create_table('incidents',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incidents'))
    )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incidents_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incidents_kind'), ['kind'], unique=False)
    op.create_table('missed_runs',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('runs', sa.Integer(), nullable=False),
    sa.Column('first_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_missed_runs'))
    )
    with op.batch_alter_table('missed_runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_missed_runs_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_missed_runs_platform_id'), ['platform_id'], unique=False)


def downgrade() -> None:
    op.drop_table('missed_runs')
    op.drop_table('incidents')
    op.drop_table('breaker_marks')
    op.drop_index('ix_jobs_lane_state', table_name='jobs')
    op.execute('ALTER TABLE jobs DROP COLUMN not_before')
    for column in ('most_mb', 'most_minutes', 'quiet_to', 'quiet_from', 'jitter_minutes', 'anchor_at'):
        op.execute(f'ALTER TABLE watches DROP COLUMN {column}')
