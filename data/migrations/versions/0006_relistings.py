"""Relistings across sellers: what is looked out for, what was compared, what was proposed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('wanted_listings',
    sa.Column('listing_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_wanted_listings_listing_id_listings')),
    sa.PrimaryKeyConstraint('listing_id', name=op.f('pk_wanted_listings'))
    )
    op.create_table('wanted_texts',
    sa.Column('listing_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['listing_id'], ['listings.id'], name=op.f('fk_wanted_texts_listing_id_listings')),
    sa.PrimaryKeyConstraint('listing_id', 'key', name=op.f('pk_wanted_texts'))
    )
    with op.batch_alter_table('wanted_texts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wanted_texts_key'), ['key'], unique=False)

    op.create_table('wanted_pictures',
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('views', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_wanted_pictures'))
    )
    op.create_table('compared_pictures',
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_compared_pictures_evidence_id_evidence')),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_compared_pictures'))
    )
    op.create_table('relisting_proposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('old_listing_id', sa.Integer(), nullable=False),
    sa.Column('new_listing_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('strength', sa.Float(), nullable=False),
    sa.Column('reasons', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('answered_by', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_shift_s', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['answered_by'], ['people.id'], name=op.f('fk_relisting_proposals_answered_by_people')),
    sa.ForeignKeyConstraint(['new_listing_id'], ['listings.id'], name=op.f('fk_relisting_proposals_new_listing_id_listings')),
    sa.ForeignKeyConstraint(['old_listing_id'], ['listings.id'], name=op.f('fk_relisting_proposals_old_listing_id_listings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relisting_proposals')),
    sa.UniqueConstraint('old_listing_id', 'new_listing_id', name=op.f('uq_relisting_proposals_old_listing_id_new_listing_id'))
    )
    with op.batch_alter_table('relisting_proposals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_relisting_proposals_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_relisting_proposals_new_listing_id'), ['new_listing_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_relisting_proposals_state'), ['state'], unique=False)


def downgrade() -> None:
    for table in ('relisting_proposals', 'compared_pictures', 'wanted_pictures', 'wanted_texts', 'wanted_listings'):
        op.drop_table(table)
