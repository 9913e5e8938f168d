"""What each walk of a crawl cost and brought."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('walk_yields',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('crawl_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('requests', sa.Integer(), nullable=False),
    sa.Column('met', sa.Integer(), nullable=False),
    sa.Column('new', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['crawl_id'], ['crawls.id'], name=op.f('fk_walk_yields_crawl_id_crawls')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_walk_yields'))
    )
    with op.batch_alter_table('walk_yields', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_walk_yields_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_walk_yields_crawl_id'), ['crawl_id'], unique=False)


def downgrade() -> None:
    op.drop_table('walk_yields')
