"""Who read which platform's terms of use."""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('terms_readings',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('read_by', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('recorded_by', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_terms_readings'))
    )
    with op.batch_alter_table('terms_readings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_terms_readings_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_terms_readings_platform_id'), ['platform_id'], unique=False)


def downgrade() -> None:
    op.drop_table('terms_readings')
