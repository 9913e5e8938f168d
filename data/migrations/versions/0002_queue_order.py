"""What the queue's order needs: keys of alike texts, draws of unflagged listings, their settings."""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('home', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sample_one_in', sa.Integer(), nullable=False, server_default='200'))
        batch_op.add_column(sa.Column('sample_daily', sa.Integer(), nullable=False, server_default='10'))
        batch_op.add_column(sa.Column('uncertain_percent', sa.Integer(), nullable=False, server_default='10'))
        batch_op.add_column(sa.Column('drawn_until', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('scores', schema=None) as batch_op:
        batch_op.add_column(sa.Column('concern', sa.String(), nullable=False, server_default='unclear'))
    op.execute(
        'UPDATE scores SET concern = (SELECT flags.concern FROM flags WHERE flags.score_id = scores.id)'
        ' WHERE id IN (SELECT score_id FROM flags)'
    )
    op.create_table('likenesses',
    sa.Column('listing_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_likenesses_listing_id_listings')),
    sa.PrimaryKeyConstraint('listing_id', 'key', name=op.f('pk_likenesses'))
    )
    with op.batch_alter_table('likenesses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_likenesses_key'), ['key'], unique=False)

    op.create_table('draws',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('listing_id', sa.Integer(), nullable=False),
    sa.Column('score_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('day', sa.DateTime(timezone=True), nullable=False),
    sa.Column('share', sa.Float(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_draws_listing_id_listings')),
    sa.ForeignKeyConstraint(['score_id'], ['scores.id'], name=op.f('fk_draws_score_id_scores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draws')),
    sa.UniqueConstraint('listing_id', 'kind', name=op.f('uq_draws_listing_id_kind'))
    )
    with op.batch_alter_table('draws', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draws_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_draws_day'), ['day'], unique=False)


def downgrade() -> None:
    op.drop_table('draws')
    op.drop_table('likenesses')
    # Plain statements: rebuilding a table that others point to is refused where foreign keys are checked.
    op.execute('ALTER TABLE scores DROP COLUMN concern')
    for column in ('drawn_until', 'uncertain_percent', 'sample_daily', 'sample_one_in'):
        op.execute(f'ALTER TABLE home DROP COLUMN {column}')
